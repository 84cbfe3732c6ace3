resource "aws_lambda_function_url" "f" {
  function_name      = "f"
  authorization_type = "AWS_IAM"
}
resource "aws_lambda_permission" "p" {
  action        = "lambda:InvokeFunction"
  function_name = "f"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "arn:aws:execute-api:eu-west-1:111122223333:abc/*/GET/"
}
