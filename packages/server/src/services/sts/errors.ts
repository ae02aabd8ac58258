/** Errors of STS alone. Texts are AWS's, recorded 2025 and 2026. */
import { AwsError } from '../../errors/aws-error.ts'
import { accessDenied, validationError } from '../../errors/catalogue.ts'

export const arnInvalid = (arn: string) => validationError(`${arn} is invalid`)
export const rootMayNotAssume = () =>
  accessDenied('Roles may not be assumed by root accounts.', {
    diagnosis: 'ASSUME.ROOT_CALLER',
    explanation: 'AWS lets no root user assume a role: call as an IAM user or role of the account.',
  })
export const durationAboveRoleMaximum = (requested: number, maximum: number) =>
  validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.', {
    diagnosis: 'SESSION.DURATION_TOO_LONG',
    explanation: `${requested} seconds were requested, the role allows ${maximum}.`,
  })
export const chainLimit = (chain: string) =>
  validationError(
    'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    {
      diagnosis: 'SESSION.CHAIN_LIMIT',
      explanation: `The caller's credentials are temporary themselves, so the new session lasts one hour at most. The chain: ${chain}.`,
    },
  )
export const sourceIdentitySet = (current: string) =>
  validationError('The source identity is already set for this assume role session', {
    diagnosis: 'TRUST.SOURCEIDENTITY_SET',
    explanation: `The chain began with the source identity \`${current}\`, which no later hop can change.`,
  })
export const sessionCredentials = (operation: string) =>
  accessDenied(`Cannot call ${operation} with session credentials`, {
    diagnosis: 'AUTH.SESSION_CREDENTIALS',
    explanation: `${operation} takes long-term credentials only.`,
  })
/** Also the text for a device that is out of tries. Two blanks, as AWS writes it. */
export const unknownMfaDevice = (diagnosis: string, explanation: string) =>
  accessDenied(
    'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
    { diagnosis, explanation },
  )
/** The blank at the end is AWS's. */
export const invalidMfaCode = (diagnosis: string, explanation: string) =>
  accessDenied('MultiFactorAuthentication failed with invalid MFA one time pass code. ', { diagnosis, explanation })
/** Known from reports only. */
export const halfMfa = () =>
  accessDenied('MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.', {
    diagnosis: 'MFA.NOT_PRESENT',
    explanation: 'SerialNumber and TokenCode go together: one of them came alone.',
  })
/** A context assertion carries somebody's identity on; taking the call without it would leave that out silently. */
export const contextsNotBuilt = () =>
  new AwsError(
    'NotImplemented',
    501,
    'The member ProvidedContexts is not built: trusted identity propagation is not.',
    {
      diagnosis: 'REQUEST.NOT_IMPLEMENTED',
    },
  )
export const packedTooLarge = (message: string, explanation: string) =>
  new AwsError('PackedPolicyTooLarge', 400, message, { diagnosis: 'SESSION.PACKED_TOO_LARGE', explanation })
export const invalidParameterValue = (message: string) =>
  new AwsError('InvalidParameterValue', 400, message, { diagnosis: 'REQUEST.INVALID' })
export const invalidAuthorizationMessage = (explanation: string) =>
  new AwsError('InvalidAuthorizationMessageException', 400, 'The provided authorization message is invalid', {
    diagnosis: 'REQUEST.INVALID',
    explanation,
  })
