/** Refusals with AWS's codes and texts that more than one file needs. STS and IAM speak alike; S3 has its own. */
import { bytesEcho } from './canonical.ts'
import type { Dialect, Refusal, SignatureDiagnosis } from './types.ts'

type Fields = Refusal['fields']

export const isS3Dialect = (dialect: Dialect): boolean => dialect === 's3'

/** A refusal in full. */
export function refuse(
  code: string,
  status: number,
  message: string,
  about: { readonly diagnosis: SignatureDiagnosis; readonly fields?: Fields },
): Refusal {
  return { ok: false, code, message, status, fields: about.fields ?? [], diagnosis: about.diagnosis }
}

/** STS and IAM: the signature's parts are incomplete or unreadable. */
export const incompleteSignature = (message: string): Refusal =>
  refuse('IncompleteSignature', 400, message, { diagnosis: 'AUTH.MALFORMED' })

/** S3: the Authorization header is unreadable or its scope is wrong. */
export const headerMalformed = (
  detail: string,
  diagnosis: SignatureDiagnosis = 'AUTH.MALFORMED',
  fields: Fields = [],
) =>
  refuse('AuthorizationHeaderMalformed', 400, `The authorization header is malformed; ${detail}`, { diagnosis, fields })

/** S3: a presigned URL's parameters are missing or unreadable, or their scope is wrong. */
export const queryMalformed = (
  message: string,
  diagnosis: SignatureDiagnosis = 'AUTH.MALFORMED',
  fields: Fields = [],
) => refuse('AuthorizationQueryParametersError', 400, message, { diagnosis, fields })

/** STS and IAM: nothing is signed. (S3 takes such a request as anonymous.) */
export const missingToken = (): Refusal =>
  refuse('MissingAuthenticationToken', 403, 'Request is missing Authentication Token', { diagnosis: 'AUTH.MISSING' })

/** S3: version 2 in the Authorization header, or any mechanism that is recognized and not taken. */
export const mechanismUnsupported = (): Refusal =>
  refuse(
    'InvalidRequest',
    400,
    'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
    { diagnosis: 'AUTH.UNSUPPORTED' },
  )

/** STS and IAM use one code for scope, time and signature. */
export const queryServiceMismatch = (message: string, diagnosis: SignatureDiagnosis): Refusal =>
  refuse('SignatureDoesNotMatch', 403, message, { diagnosis })

/** S3: an argument of the request is wrong. */
export const invalidArgument = (message: string, name: string, value: string, diagnosis: SignatureDiagnosis): Refusal =>
  refuse('InvalidArgument', 400, message, {
    diagnosis,
    fields: [
      ['ArgumentName', name],
      ['ArgumentValue', value],
    ],
  })

/** The signature does not fit. S3 echoes what it signed; a form and version 2 have no canonical request. */
export function signatureMismatch(
  s3: boolean,
  echo: {
    readonly accessKeyId: string
    readonly stringToSign: string
    readonly signatureProvided: string
    readonly canonicalRequest?: string
  },
) {
  const code = 'SignatureDoesNotMatch'
  const about = { ok: false, code, status: 403, diagnosis: 'AUTH.SIGNATURE_MISMATCH' } as const
  const start = 'The request signature we calculated does not match the signature you provided.'
  if (!s3) {
    const message = `${start} Check your AWS Secret Access Key and signing method. Consult the service documentation for details.`
    return { ...about, message, fields: [] }
  }
  const canonical = echo.canonicalRequest
  const fields: Fields = [
    ['AWSAccessKeyId', echo.accessKeyId],
    ['StringToSign', echo.stringToSign],
    ['SignatureProvided', echo.signatureProvided],
    ['StringToSignBytes', bytesEcho(echo.stringToSign)],
    ...(canonical === undefined
      ? []
      : ([
          ['CanonicalRequest', canonical],
          ['CanonicalRequestBytes', bytesEcho(canonical)],
        ] as const)),
  ]
  return { ...about, message: `${start} Check your key and signing method.`, fields }
}
