/** AWS's managed policies: the same in every account, never rows. Latest versions only, from a generated, compressed file. */
import type { Instant } from '../domain/brands.ts'

export interface AwsManagedPolicy {
  readonly arn: string
  readonly name: string
  /** `/`, `/service-role/`, `/aws-service-role/`, `/job-function/`. */
  readonly path: string
  readonly id: string
  readonly defaultVersion: string
  readonly createdAt: Instant
  readonly updatedAt: Instant
  readonly description?: string
  /** The document of the latest version. */
  readonly text: string
}

export interface ManagedPolicyCatalogue {
  readonly get: (arn: string) => AwsManagedPolicy | undefined
  /** In order of ARN. */
  readonly all: () => readonly AwsManagedPolicy[]
}
