/** What AWS answers to an assertion that it does not take, to the letter (recorded September 2026), and what only `why` tells. */
import { AwsError } from '../../errors/aws-error.ts'

/** What is told to operators alone. */
export interface Reason {
  /** `SAML.SHAPE`. */
  readonly diagnosis: string
  readonly explanation: string
  /** Decoded attributes, certificates: never the assertion itself, which is a credential. */
  readonly details?: Readonly<Record<string, unknown>>
}

const invalid = (message: string, reason: Reason) => new AwsError('InvalidIdentityToken', 400, message, reason)

/** Some texts show the inner service of AWS that found the fault. @param requestId of this request */
const withTail = (text: string, requestId: string): string =>
  `${text} (Service: AWSOpenIdDiscoveryService; Status Code: 400; Error Code: AuthSamlInvalidSamlResponseException; ` +
  `Request ID: ${requestId}; Proxy: null)`

export const malformed = (explanation: string, requestId: string, diagnosis = 'SAML.SHAPE') =>
  invalid(withTail('Invalid base64 SAMLResponse', requestId), { diagnosis, explanation })
export const assertionNotSigned = (explanation: string, requestId: string) =>
  invalid(
    withTail('Response (with optional signature) must contain an assertion with a mandatory signature', requestId),
    {
      diagnosis: 'SAML.ASSERTION_NOT_SIGNED',
      explanation,
    },
  )
export const issuerUnknown = (explanation: string, requestId: string) =>
  invalid(withTail('Issuer not present in specified provider', requestId), { diagnosis: 'SAML.ISSUER', explanation })
export const signatureInvalid = (explanation: string, details?: Reason['details']) =>
  invalid('Response signature invalid', {
    diagnosis: 'SAML.SIGNATURE',
    explanation,
    ...(details === undefined ? {} : { details }),
  })
export const noProvider = (explanation: string) =>
  invalid("Specified provider doesn't exist.", { diagnosis: 'SAML.NO_PROVIDER', explanation })
export const roleNotInAssertion = (explanation: string, details: Reason['details'] = {}) =>
  invalid("SAML Assertion doesn't contain the requested Role and Metadata in the attributes", {
    diagnosis: 'SAML.ROLE_NOT_IN_ASSERTION',
    explanation,
    details,
  })
export const sessionNameMissing = () =>
  invalid('RoleSessionName is required in AuthnResponse', {
    diagnosis: 'SAML.SESSION_NAME',
    explanation: 'The assertion has no attribute https://aws.amazon.com/SAML/Attributes/RoleSessionName.',
  })
export const sessionNameMalformed = (name: string) =>
  invalid('RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}', {
    diagnosis: 'SAML.SESSION_NAME',
    explanation: `The attribute RoleSessionName holds \`${name}\`.`,
  })
export const sourceIdentityMalformed = (value: string) =>
  invalid('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"', {
    diagnosis: 'SAML.SOURCE_IDENTITY',
    explanation: `The attribute SourceIdentity holds \`${value}\`.`,
  })
export const expired = (message: string, explanation: string) =>
  new AwsError('ExpiredTokenException', 400, message, { diagnosis: 'SAML.EXPIRED', explanation })
/** Refused under `--saml strict` alone; the text is ours, since AWS never answers this. */
export const refusedByStrict = (explanation: string) =>
  invalid('The SAML response was refused: it does not meet the strict rules of this server.', {
    diagnosis: 'SAML.STRICT',
    explanation,
  })
