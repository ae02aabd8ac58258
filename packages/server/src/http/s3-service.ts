/** S3 over REST-XML: route, authenticate, authorize before the body is judged, perform, write. */
import { decodeRestXml, encodeRestXml, encodeS3Error, readPayloadHash, routeS3, validate } from '@understudy/wire'
import type { PayloadHash, RestBody, S3Route, ServiceModel, Structure } from '@understudy/wire'
import { authenticate } from '../credentials/authenticate.ts'
import type { Authenticated } from '../credentials/authenticate.ts'
import { AwsError } from '../errors/aws-error.ts'
import { notImplemented } from '../errors/catalogue.ts'
import type { AnyRow, Call } from '../services/operation.ts'
import { withPresignedHeaders } from '../services/s3/index.ts'
import { NO_ACCOUNT, askerOf, factsOf, signedWith } from './call.ts'
import type { Answer } from './exchange.ts'
import { perform } from './perform.ts'
import { formBucket, serveForm } from './s3-form.ts'
import { restBody } from './s3-body.ts'
import type { Visit } from './visit.ts'
import { authenticationError, failureError } from './wire-errors.ts'

export interface S3Service {
  readonly model: ServiceModel
  readonly operations: ReadonlyMap<string, AnyRow>
}

/** Serves one call. @throws AwsError */
export async function serveS3(service: S3Service, visit: Visit): Promise<Answer> {
  const { parts } = visit
  const bucketOfForm = formBucket(visit.exchange.wire, parts.baseHosts)
  if (bucketOfForm !== undefined) {
    const form = await serveForm(bucketOfForm, visit)
    return { ...form, headers: { ...idHeaders(visit.exchange.requestId), ...form.headers } }
  }
  // What a presigned URL says in place of headers; authentication goes on with the request as it came.
  const presigned = withPresignedHeaders(visit.exchange.wire)
  const exchange = { ...visit.exchange, wire: presigned.wire }
  const route = routeS3(service.model, exchange.wire, parts.baseHosts)
  if (route.ok) visit.note.operation = route.operation.name
  const { result, payload } = await authenticated(visit)
  if (!result.ok) throw authenticationError(result.refusal)
  if (presigned.conflict) throw presigned.conflict
  if (!route.ok) throw failureError(route)
  const row = service.operations.get(route.operation.name)
  if (!row) throw notImplemented(route.operation.name)
  const trailers = new Map<string, string>()
  const use = { taken: false }
  const read = await readInput(route, { ...visit, exchange }, () =>
    restBody(route.operation, {
      exchange,
      payload,
      seed: result.kind === 'signed' ? result.seed : undefined,
      trailers,
      use,
    }),
  )
  const signed = result.kind === 'signed' ? result : undefined
  const caller = signed?.caller ?? { kind: 'anonymous' as const, principal: { kind: 'anonymous' as const } }
  const call: Call = {
    service: 's3',
    operation: route.operation.name,
    caller,
    account: signed?.caller.account ?? NO_ACCOUNT,
    region: visit.region,
    now: visit.now,
    request: { ...factsOf(visit, signed?.credentials), trailers: () => trailers },
    platform: parts.platform,
  }
  const output = await perform(row, read.input, {
    call,
    asker: askerOf(visit, caller),
    store: parts.store,
    trace: visit.trace,
    bodyFailure: read.failure,
    bodyTaken: () => use.taken,
  })
  const encoded = encodeRestXml(service.model, route.operation, output as Structure)
  return { ...encoded, headers: { ...idHeaders(exchange.requestId), ...encoded.headers } }
}

interface ReadInput {
  readonly input: unknown
  readonly failure?: AwsError
}

/** Authorization precedes the check of the body (recorded September 2026), so a bad body waits until the caller is allowed. */
async function readInput(route: S3Route, visit: Visit, body: () => Promise<RestBody>): Promise<ReadInput> {
  const decode = (content: RestBody): unknown => {
    const decoded = decodeRestXml(route, visit.exchange.wire, content)
    if (!decoded.ok) throw failureError(decoded)
    const invalid = validate(route.operation, decoded.input, 's3')
    if (invalid) throw failureError(invalid)
    return decoded.input
  }
  try {
    return { input: decode(await body()) }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const bare = decodeRestXml(route, visit.exchange.wire, { kind: 'none' })
    // Where even that fails, bucket and key are enough to ask.
    return { input: bare.ok ? bare.input : { Bucket: route.bucket, Key: route.key }, failure: error }
  }
}

type Payload = Extract<PayloadHash, { ok: true }>

async function authenticated(
  visit: Visit,
): Promise<{ readonly result: Authenticated; readonly payload: Payload | undefined }> {
  let payload: Payload | undefined
  const result = await signedWith(visit, (reader) =>
    authenticate(
      {
        request: visit.exchange.signed,
        dialect: 's3',
        hostRegion: visit.hostRegion,
        wireNow: visit.parts.platform.clock.wire(),
        sessionNow: visit.now,
        payloadHash: (credentials) => {
          const read = readPayloadHash(visit.exchange.signed, credentials)
          if (!read.ok) return read
          payload = read
          return { ok: true, value: read.value }
        },
        virtualBucket: visit.virtualBucket,
      },
      reader,
      visit.parts.platform,
    ),
  )
  return { result, payload }
}

const idHeaders = (requestId: string): Record<string, string> => ({
  server: 'AmazonS3',
  'x-amz-request-id': requestId,
  'x-amz-id-2': hostIdOf(requestId),
})

const hostIdOf = (requestId: string): string =>
  Buffer.from(`understudy/${requestId}`.padEnd(56, '/')).toString('base64')

/** S3's error document; the HEAD answer is bare. */
export function s3ErrorAnswer(given: AwsError, visit: Visit): Answer {
  const { requestId } = visit.exchange
  const error = given.code === 'InternalFailure' ? internalError() : given
  const body = encodeS3Error({
    code: error.code,
    message: error.message === '' ? undefined : error.message,
    fields: Object.entries(error.options.fields ?? {}),
    requestId,
    hostId: hostIdOf(requestId),
  })
  const bodiless = error.status === 304
  return {
    status: error.status,
    headers: {
      ...idHeaders(requestId),
      ...regionHeader(error, visit),
      ...(bodiless ? {} : { 'content-type': 'application/xml' }),
      ...error.options.headers,
    },
    ...(bodiless ? {} : { body }),
  }
}

/** Our own fault, as S3 says it. S3 API Reference, "Error responses". */
const internalError = () => new AwsError('InternalError', 500, 'We encountered an internal error. Please try again.')

/** SDKs find the right Region by it. */
const regionHeader = (error: AwsError, { hostRegion }: Visit): Record<string, string> =>
  error.code === 'AuthorizationHeaderMalformed' && hostRegion !== undefined ? { 'x-amz-bucket-region': hostRegion } : {}
