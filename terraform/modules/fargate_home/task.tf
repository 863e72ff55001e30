# The task: one container that can write nowhere, may do nothing, and is told in time that it must go.

locals {
  container_name = "server"

  # A loop each vCPU that the task has, or part of one: its container may see more, those of the host.
  settings = merge({ DUET_THREADS = tostring(ceil(var.cpu / 1024)) }, var.settings)

  # A map's order is not the order in which it was written: sorted, the definition stays the same.
  environment = [for key in sort(keys(local.settings)) : { name = key, value = local.settings[key] }]
}

# The port that the services were made with. ECS takes no other one for a service while the revision
# that it runs has the old one, and would say so when groups and rules are gone over already.
resource "terraform_data" "port" {
  input = var.port

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = tostring(var.cpu)
  memory                   = tostring(var.memory_mb)
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  skip_destroy             = true # services run older revisions, and may go back to them

  lifecycle {
    precondition {
      condition     = var.port == terraform_data.port.output
      error_message = "fargate.port is ${var.port}, but the services were made with ${terraform_data.port.output}: a service keeps its port. Another environment can have another one."
    }
  }

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = upper(var.architecture)
  }

  container_definitions = jsonencode([{
    name                   = local.container_name
    image                  = var.image
    essential              = true
    user                   = "65532:65532"
    readonlyRootFilesystem = !var.execute_command # whose agent writes into the container
    stopTimeout            = var.stop_timeout_s
    environment            = local.environment
    portMappings           = [{ containerPort = var.port, hostPort = var.port, protocol = "tcp" }]
    mountPoints            = []
    systemControls         = []
    volumesFrom            = []

    linuxParameters = {
      initProcessEnabled = var.execute_command
      capabilities       = { drop = ["ALL"] }
    }

    healthCheck = {
      command     = ["CMD", "/server", "healthcheck"]
      interval    = 10
      timeout     = 5
      retries     = 3
      startPeriod = 10
    }

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = data.aws_region.here.region
        awslogs-stream-prefix = "task"
        mode                  = "non-blocking" # a slow log must not stall requests
        max-buffer-size       = "4m"
      }
    }
  }])
}
