# A pipeline without keys: its token becomes the role that may fill one bucket.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

variable "endpoint" {
  description = "Where IAM, STS and S3 answer."
  type        = string
}

variable "token" {
  description = "The job's token."
  type        = string
  sensitive   = true
}

provider "aws" {
  region                  = "eu-central-1"
  skip_metadata_api_check = true
  s3_use_path_style       = true

  assume_role_with_web_identity {
    role_arn           = "arn:aws:iam::111122223333:role/Deploy"
    session_name       = "pipeline"
    duration           = "30m"
    web_identity_token = var.token
  }

  endpoints {
    iam = var.endpoint
    sts = var.endpoint
    s3  = var.endpoint
  }
}

data "aws_caller_identity" "here" {}

resource "aws_s3_bucket" "builds" {
  bucket        = "builds"
  force_destroy = true
}

resource "aws_s3_object" "build" {
  bucket  = aws_s3_bucket.builds.id
  key     = "1/report.txt"
  content = "built\n"
}

output "identity" {
  value = data.aws_caller_identity.here.arn
}
