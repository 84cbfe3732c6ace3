resource "aws_iam_role" "worker" {
  name = "worker"
}

resource "aws_iam_role_policy" "worker" {
  role = aws_iam_role.worker.id
  policy = jsonencode({
    Statement = [{
      Effect   = "Allow"
      Action   = ["sqs:*"] # expect: privilege-wildcard
      Resource = "*"
    }]
  })
}

resource "aws_lambda_function" "worker" {
  function_name = "worker"
  role          = aws_iam_role.worker.arn
  handler       = "src/worker.handler"
}
