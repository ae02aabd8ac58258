# A small platform as a team would write it: a service with its role, people, a deployment from GitHub, a bucket with rules, and
# an archive in a partner's account.
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

variable "stage" {
  description = "Changes between two runs: tags, documents and the object follow."
  type        = string
  default     = "one"
}

variable "external_id" {
  type    = string
  default = "invoice-4711"
}

provider "aws" {
  region                      = "eu-central-1"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  s3_use_path_style           = true

  endpoints {
    iam = var.endpoint
    sts = var.endpoint
    s3  = var.endpoint
  }

  default_tags {
    tags = {
      managed-by = "terraform"
      stage      = var.stage
    }
  }
}

provider "aws" {
  alias             = "partner"
  region            = "eu-west-1"
  s3_use_path_style = true

  assume_role {
    role_arn     = "arn:aws:iam::444455556666:role/deployment"
    session_name = "terraform"
    external_id  = var.external_id
    tags         = { team = "platform" }
  }

  endpoints {
    iam = var.endpoint
    sts = var.endpoint
    s3  = var.endpoint
  }
}

data "aws_caller_identity" "here" {}

data "aws_caller_identity" "partner" {
  provider = aws.partner
}

data "aws_iam_policy_document" "service_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "read_data" {
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.data.arn]
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${var.stage}/*", "shared/*"]
    }
  }
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject", "s3:GetObjectTagging"]
    resources = ["${aws_s3_bucket.data.arn}/*"]
  }
}

resource "aws_iam_role" "service" {
  name                 = "service"
  path                 = "/apps/"
  description          = "The service, stage ${var.stage}"
  assume_role_policy   = data.aws_iam_policy_document.service_trust.json
  max_session_duration = 7200
  permissions_boundary = aws_iam_policy.boundary.arn
  tags                 = { component = "service" }
}

resource "aws_iam_policy" "boundary" {
  name = "boundary"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:*", "sts:*"], Resource = "*" }]
  })
}

resource "aws_iam_policy" "read_data" {
  name        = "read-data"
  path        = "/apps/"
  description = "Reads the data bucket"
  policy      = data.aws_iam_policy_document.read_data.json
}

resource "aws_iam_role_policy_attachment" "service_reads" {
  role       = aws_iam_role.service.name
  policy_arn = aws_iam_policy.read_data.arn
}

resource "aws_iam_role_policy_attachment" "service_watches" {
  role       = aws_iam_role.service.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_role_policy" "logs" {
  name = "write-logs"
  role = aws_iam_role.service.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:PutObject", Resource = "${aws_s3_bucket.data.arn}/logs/*" }]
  })
}

resource "aws_iam_instance_profile" "service" {
  name = "service"
  path = "/apps/"
  role = aws_iam_role.service.name
}

resource "aws_iam_openid_connect_provider" "github" {
  url             = "https://token.actions.githubusercontent.com"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["6938fd4d98bab03faadb97b34396831e3780aea1"]
}

resource "aws_iam_role" "deploy" {
  name = "deploy"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = aws_iam_openid_connect_provider.github.arn }
      Condition = {
        StringEquals = { "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com" }
        StringLike   = { "token.actions.githubusercontent.com:sub" = "repo:example/shop:*" }
      }
    }]
  })
}

resource "aws_iam_user" "dana" {
  force_destroy = true
  name          = "dana"
  path          = "/people/"
  tags          = { team = "platform" }
}

resource "aws_iam_user" "robot" {
  force_destroy = true
  name          = "robot"
}

resource "aws_iam_access_key" "robot" {
  user   = aws_iam_user.robot.name
  status = var.stage == "one" ? "Active" : "Inactive"
}

resource "aws_iam_user_policy" "robot" {
  name = "assume-deploy"
  user = aws_iam_user.robot.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Resource = aws_iam_role.deploy.arn }]
  })
}

resource "aws_iam_user_policy_attachment" "robot_reads" {
  user       = aws_iam_user.robot.name
  policy_arn = aws_iam_policy.read_data.arn
}

resource "aws_iam_group" "engineers" {
  name = "engineers"
}

resource "aws_iam_group_membership" "engineers" {
  name  = "engineers"
  group = aws_iam_group.engineers.name
  users = var.stage == "one" ? [aws_iam_user.dana.name] : [aws_iam_user.dana.name, aws_iam_user.robot.name]
}

resource "aws_iam_group_policy_attachment" "engineers_read" {
  group      = aws_iam_group.engineers.name
  policy_arn = aws_iam_policy.read_data.arn
}

resource "aws_iam_group_policy" "engineers_self" {
  name  = "own-keys"
  group = aws_iam_group.engineers.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["iam:CreateAccessKey", "iam:ListAccessKeys"]
      Resource = "arn:aws:iam::*:user/people/$${aws:username}"
    }]
  })
}

resource "aws_iam_account_alias" "company" {
  account_alias = "example-company"
}

resource "aws_iam_account_password_policy" "strict" {
  minimum_password_length        = 14
  require_lowercase_characters   = true
  require_uppercase_characters   = true
  require_numbers                = true
  require_symbols                = true
  allow_users_to_change_password = true
  max_password_age               = var.stage == "one" ? 90 : 0
}

resource "aws_s3_bucket" "data" {
  bucket        = "company-data"
  force_destroy = true
  tags          = { contents = "reports" }
}

resource "aws_s3_bucket_public_access_block" "data" {
  bucket                  = aws_s3_bucket.data.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "data" {
  bucket = aws_s3_bucket.data.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

data "aws_iam_policy_document" "data_bucket" {
  statement {
    sid       = "PartnerReads"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.data.arn}/shared/*"]
    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.partner.account_id, aws_iam_role.service.arn]
    }
  }
  statement {
    sid       = "OnlyEncrypted"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.data.arn}/secret/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "data" {
  bucket = aws_s3_bucket.data.id
  policy = data.aws_iam_policy_document.data_bucket.json

  depends_on = [aws_s3_bucket_public_access_block.data]
}

resource "aws_s3_object" "report" {
  bucket       = aws_s3_bucket.data.id
  key          = "shared/report-${var.stage}.csv"
  content      = "quarter,revenue\n1,42\n"
  content_type = "text/csv"
  tags         = { quarter = "1" }
}

resource "aws_s3_object" "note" {
  bucket   = aws_s3_bucket.data.id
  key      = "shared/note.txt"
  content  = "stage ${var.stage}\n"
  metadata = { stage = var.stage }
}

resource "aws_s3_bucket" "archive" {
  provider = aws.partner
  bucket   = "partner-archive"
}

resource "aws_s3_object" "archived" {
  provider = aws.partner
  bucket   = aws_s3_bucket.archive.id
  key      = "from/${data.aws_caller_identity.here.account_id}.txt"
  content  = "archived at stage ${var.stage}\n"
}

output "account" {
  value = data.aws_caller_identity.here.account_id
}

output "partner_session" {
  value = data.aws_caller_identity.partner.arn
}

output "service_role" {
  value = aws_iam_role.service.arn
}

output "robot_key" {
  value     = aws_iam_access_key.robot.secret
  sensitive = true
}
