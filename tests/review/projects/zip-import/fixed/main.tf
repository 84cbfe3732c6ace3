provider "aws" {
  region = "us-east-1"
}

resource "aws_iam_role" "import" {
  name = "import"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "import" {
  role = aws_iam_role.import.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:GetObject"], Resource = "arn:aws:s3:::customer-imports/*" }
    ]
  })
}

resource "aws_lambda_function" "import" {
  function_name                  = "import"
  role                           = aws_iam_role.import.arn
  runtime                        = "nodejs20.x"
  handler                        = "index.handler"
  filename                       = "import.zip"
  timeout                        = 60
  reserved_concurrent_executions = 5
  kms_key_arn                    = var.kms_key_arn
  tracing_config {
    mode = "Active"
  }
}

resource "aws_lambda_permission" "bucket" {
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.import.function_name
  principal      = "s3.amazonaws.com"
  source_arn     = "arn:aws:s3:::customer-imports"
  source_account = var.account
}

variable "kms_key_arn" {
  type = string
}

variable "account" {
  type = string
}
