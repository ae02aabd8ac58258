/** The rows of instances: machines whose programs ask the metadata service for credentials. */
import type { Instant } from '../domain/brands.ts'
import type { Kind } from '../store/port.ts'
import type { Tag } from './iam.ts'

/** EC2 API Reference, InstanceMetadataOptions. */
export interface MetadataOptions {
  readonly httpTokens: 'optional' | 'required'
  /** 1 to 64. */
  readonly hopLimit: number
  readonly httpEndpoint: 'enabled' | 'disabled'
  readonly instanceMetadataTags: 'enabled' | 'disabled'
}

/** The profile that an instance was associated with, by name and by the id it had then. */
export interface ProfileAssociation {
  readonly profileName: string
  readonly profileId: string
  readonly associationId: string
}

export interface Instance {
  /** `i-` and 8 or 17 hexadecimal digits. */
  readonly id: string
  readonly region: string
  readonly profile?: ProfileAssociation
  readonly options: MetadataOptions
  /** Raised whenever the options or the association change: outstanding tokens and published documents end. */
  readonly generation: number
  readonly tags: readonly Tag[]
  readonly launchedAt: Instant
  /** `127.0.0.1:1338`, where its metadata listener is to be. */
  readonly listen: string
  readonly privateIp: string
  readonly vpcId: string
  readonly userData?: string
  readonly reachableFrom?: 'containers'
}

export const instances: Kind<Instance> = {
  name: 'instance',
  version: 1,
  key: (row) => row.id,
  unique: { id: (row) => row.id },
}

/** The role of the instance itself, which every instance has and no policy grants anything. EC2 User Guide, "Instance identity roles". It is no row. */
export const INSTANCE_IDENTITY_ROLE = 'aws:ec2-instance'
