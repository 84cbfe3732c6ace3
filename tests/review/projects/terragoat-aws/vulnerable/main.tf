resource "aws_s3_bucket" "data" {
  bucket = "acme-data"
  acl    = "public-read-write" # expect: tf-s3-acl-public
}
resource "aws_security_group" "web" {
  ingress {
    from_port   = 0
    to_port     = 65535
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"] # expect: tf-sg-unknown-port
  }
}
resource "aws_db_instance" "db" {
  engine              = "mysql"
  password            = "Aa1234321Bb" # expect: tf-plain-password
  publicly_accessible = true # expect: tf-rds-public
  storage_encrypted   = false # expect: tf-rds-instance-encryption
}
resource "aws_iam_user_policy" "u" {
  user   = "u"
  policy = <<EOF
{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
EOF
}
resource "aws_lambda_function_url" "f" {
  function_name      = "f"
  authorization_type = "NONE" # expect: tf-lambda-url-public
}
resource "aws_lambda_permission" "p" {
  action        = "lambda:InvokeFunction"
  function_name = "f"
  principal     = "*" # expect: tf-lambda-permission-wildcard
}
