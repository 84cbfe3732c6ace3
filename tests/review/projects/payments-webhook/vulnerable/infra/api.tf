resource "aws_api_gateway_rest_api" "pay" { # expect: tf-apigateway-authorizer
  name = "pay"
}

resource "aws_api_gateway_method" "charge" { # expect: tf-apigateway-key
  rest_api_id   = aws_api_gateway_rest_api.pay.id
  resource_id   = aws_api_gateway_rest_api.pay.root_resource_id
  http_method   = "POST" # expect: tf-apigateway-open
  authorization = "NONE"
}

resource "aws_api_gateway_stage" "live" { # expect: tf-apigateway-logs
  rest_api_id   = aws_api_gateway_rest_api.pay.id
  deployment_id = aws_api_gateway_deployment.live.id
  stage_name    = "live"
}

resource "aws_apigatewayv2_api" "http" { # expect: tf-apigateway-authorizer
  name          = "http"
  protocol_type = "HTTP"
  cors_configuration {
    allow_origins     = ["*"]
    allow_credentials = true # expect: tf-apigatewayv2-cors
    allow_headers     = ["*"]
  }
}

resource "aws_apigatewayv2_route" "refund" { # expect: tf-apigatewayv2-open
  api_id    = aws_apigatewayv2_api.http.id
  route_key = "POST /refund"
}

resource "aws_dynamodb_table" "payments" { # expect: tf-dynamodb-encryption
  name         = "payments"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_db_instance" "ledger" { # expect: tf-rds-iam
  identifier          = "ledger"
  engine              = "postgres"
  instance_class      = "db.t3.micro"
  username            = "postgres"
  password            = "Lighthouse-Otter-1" # expect: tf-plain-password
  publicly_accessible = true # expect: tf-rds-public
  storage_encrypted   = false # expect: tf-rds-instance-encryption
  skip_final_snapshot = true
}

resource "aws_security_group" "db" { # expect: tf-sg-http
  name = "db"
  ingress { # expect: tf-sg-rdp
    from_port   = 0
    to_port     = 65535
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"] # expect: tf-sg-unknown-port
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1" # expect: tf-sg-egress
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_kms_key" "pay" { # expect: tf-kms-rotation
  description = "pay"
  policy = jsonencode({ # expect: tf-kms-policy-all
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "kms:*", Resource = "*" }]
  })
}

resource "aws_cognito_user_pool" "users" { # expect: tf-cognito-mfa
  name = "users"
  password_policy {
    minimum_length = 6 # expect: tf-cognito-password-length
  }
}

resource "aws_sns_topic" "paid" { # expect: tf-sns-encryption
  name = "paid"
}
