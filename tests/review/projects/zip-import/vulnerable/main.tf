provider "aws" {
  region     = "us-east-1"
  access_key = "AKIAV7QX3MZK5TJN2WLE" # expect: secret-aws-access-key-id
  secret_key = "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" # expect: secret-aws-secret-key
}

resource "aws_s3_bucket" "imports" { # expect: tf-s3-versioning
  bucket = "customer-imports"
}

resource "aws_s3_bucket_acl" "imports" {
  bucket = aws_s3_bucket.imports.id
  acl    = "public-read-write" # expect: tf-s3-acl-public
}

resource "aws_iam_role" "import" {
  name = "import"
  assume_role_policy = jsonencode({ # expect: tf-iam-trust-anyone
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "*" }
    }]
  })
}

resource "aws_iam_role_policy" "import" {
  role = aws_iam_role.import.id
  policy = jsonencode({ # expect: tf-iam-passrole
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:*", "lambda:*", "iam:PassRole"], Resource = "*" },
      { Effect = "Allow", Action = "logs:*", Resource = "*" }
    ]
  })
}

resource "aws_iam_role_policy_attachment" "admin" {
  role       = aws_iam_role.import.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_lambda_function" "import" {
  function_name = "import"
  role          = aws_iam_role.import.arn # expect: tf-lambda-privileged-role
  runtime       = "nodejs14.x" # expect: tf-lambda-runtime-end
  handler       = "index.handler"
  filename      = "import.zip"
  environment {
    variables = {
      DB_PASSWORD = "Marble!Quay77" # expect: secret-password
    }
  }
}

resource "aws_lambda_permission" "any" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.import.function_name
  principal     = "*" # expect: tf-lambda-permission-wildcard
}

resource "aws_lambda_function_url" "import" {
  function_name      = aws_lambda_function.import.function_name
  authorization_type = "NONE" # expect: tf-lambda-url-public
  cors {
    allow_origins     = ["*"]
    allow_credentials = true # expect: tf-apigatewayv2-cors
  }
}

resource "aws_sqs_queue_policy" "jobs" {
  queue_url = aws_sqs_queue.jobs.id
  policy = jsonencode({ # expect: tf-sqs-policy-all
    Statement = [{ Effect = "Allow", Principal = "*", Action = "sqs:*", Resource = aws_sqs_queue.jobs.arn }]
  })
}

resource "aws_sqs_queue" "jobs" { # expect: tf-sqs-encryption
  name = "jobs"
}

resource "aws_cloudwatch_log_group" "import" {
  name = "/aws/lambda/import"
}
