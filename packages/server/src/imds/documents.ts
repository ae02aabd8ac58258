/** The JSON documents below `iam/` and `identity-credentials/`. IAM User Guide, "Troubleshoot IAM and Amazon EC2". */
import { isoSeconds } from '../domain/brands.ts'
import type { AccountId, Instant } from '../domain/brands.ts'
import { spacedJson } from './answer.ts'
import type { Members } from './answer.ts'
import type { Standing } from './standing.ts'

/** One credential set as it was issued. Times in session time. */
export interface Published {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly issuedAt: Instant
  readonly expiresAt: Instant
}

/** Clients compare times with their own clock: session time without what `clock advance` added. */
export const shownTime = (time: Instant, offset: number): string => isoSeconds((time - offset) as Instant)

/** The document of a role. `account` is what the extended path adds. */
export function credentialDocument(published: Published, offset: number, account?: AccountId): string {
  const members: Members = [
    ['Code', 'Success'],
    ['LastUpdated', shownTime(published.issuedAt, offset)],
    ['Type', 'AWS-HMAC'],
    ['AccessKeyId', published.accessKeyId],
    ['SecretAccessKey', published.secretAccessKey],
    ['Token', published.sessionToken],
    ['Expiration', shownTime(published.expiresAt, offset)],
  ]
  return spacedJson(account === undefined ? members : [...members, ['AccountId', account]])
}

/** Served with status 200: for the clients a role that EC2 cannot assume is data. */
export const failureDocument = (refused: Extract<Standing, { kind: 'refused' }>, lastUpdated: string): string =>
  spacedJson([
    ['Code', 'AssumeRoleUnauthorizedAccess'],
    [
      'Message',
      `EC2 cannot assume the role ${refused.roleName}. ${sentence(refused.reason)} See "Troubleshoot IAM and Amazon EC2" in the IAM User Guide.`,
    ],
    ['LastUpdated', lastUpdated],
  ])

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

/** `iam/info`; `undefined` without a profile. */
export function infoDocument(standing: Standing, lastUpdated: string): string | undefined {
  switch (standing.kind) {
    case 'no-profile':
      return undefined
    case 'profile-gone':
      return spacedJson([
        ['Code', 'InstanceProfileNotFound'],
        ['Message', `The instance profile ${standing.profileName} with which this instance is associated was deleted.`],
        ['LastUpdated', lastUpdated],
      ])
    default:
      return spacedJson([
        ['Code', 'Success'],
        ...(standing.kind === 'no-role' ? ([['Message', NO_ROLE]] as const) : []),
        ['LastUpdated', lastUpdated],
        ['InstanceProfileArn', standing.profile.arn],
        ['InstanceProfileId', standing.profile.id],
      ])
  }
}

const NO_ROLE = 'Instance Profile does not contain a role. See "Troubleshoot IAM and Amazon EC2" in the IAM User Guide.'

/** `identity-credentials/ec2/info`. */
export const identityInfoDocument = (account: AccountId, lastUpdated: string): string =>
  spacedJson([
    ['Code', 'Success'],
    ['LastUpdated', lastUpdated],
    ['AccountId', account],
  ])
