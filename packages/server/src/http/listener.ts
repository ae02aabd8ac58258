/** The AWS listener: every service on one port. Owns the order of things for one request, its limits, and its journal entry. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { dispatch } from '@understudy/wire'
import type { Dispatched, SigningScope } from '@understudy/wire'
import type { JournalEntry } from '../authorization/journal.ts'
import { uuid } from '../domain/chance.ts'
import { monotonic } from '../domain/clock.ts'
import { AwsError } from '../errors/aws-error.ts'
import { internalFailure, notImplemented, serviceUnavailable } from '../errors/catalogue.ts'
import { BlobsUnavailable } from '../blobs/errors.ts'
import { BucketNotEmpty, StoreUnavailable } from '../store/errors.ts'
import { answer, exchangeOf, readBody } from './exchange.ts'
import type { Answer, Exchange } from './exchange.ts'
import { issuerDocument } from './issuer-documents.ts'
import { journalEntry, sealedRefusal } from './journal-entry.ts'
import { queryErrorAnswer, serveQuery } from './query-service.ts'
import type { QueryService } from './query-service.ts'
import { s3ErrorAnswer, serveS3 } from './s3-service.ts'
import type { S3Service } from './s3-service.ts'
import type { ServerParts, Visit } from './visit.ts'

export interface Services {
  readonly sts: QueryService
  readonly iam: QueryService
  readonly s3: S3Service
}

/** Bytes of a Query request: the largest policy document (131,072 characters) fits, percent-encoded throughout. */
const FORM_BYTES_MAX = 512 * 1024
const FORM_TYPE = 'application/x-www-form-urlencoded'
/** Bytes of all header lines: session tokens go up to 4 KiB, S3 metadata to 2 KiB, presigned queries hold both. */
const HEADER_BYTES_MAX = 32 * 1024

/** How long a client may take. Milliseconds. */
export interface Patience {
  /** From the first byte of a request to the end of its headers. */
  readonly headers: number
  /** Without a byte in either direction, within a request or between two. */
  readonly idle: number
  /** How often the headers are looked at: what is late is cut off this much later at most. */
  readonly check: number
}
const PATIENCE: Patience = { headers: 20_000, idle: 60_000, check: 5_000 }

/** @returns a server that is not listening yet */
export function awsServer(parts: ServerParts, services: Services, patience: Patience = PATIENCE): Server {
  const handle = requestHandler(parts, services)
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: patience.headers,
      requestTimeout: 0,
      connectionsCheckingInterval: patience.check,
      keepAliveTimeout: patience.idle,
    },
    handle,
  )
  server.setTimeout(patience.idle)
  server.on('checkContinue', handle)
  return server
}

/** The handler of one request, also without a socket: tests and benchmarks call it. */
export function requestHandler(
  parts: ServerParts,
  services: Services,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const started = monotonic()
    serve(request, response, { parts, services }).catch((error: unknown) => {
      const milliseconds = Math.round(monotonic() - started)
      if (response.headersSent || response.destroyed) {
        // The client is gone, or its connection is: an answer that has begun can only be cut off.
        parts.log({ event: 'answer failed', error: String(error), milliseconds })
        response.destroy()
        return
      }
      parts.log({ event: 'fault', error: error instanceof Error ? error.stack : String(error), milliseconds })
      response.writeHead(500, { connection: 'close', 'content-length': 0 }).end()
    })
  }
}

interface Context {
  readonly parts: ServerParts
  readonly services: Services
}

async function serve(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const { platform } = context.parts
  const base = exchangeOf(request, response, {
    requestId: uuid(platform.chance),
    decisionId: platform.journal.newDecisionId(),
  })
  const published = issuerDocument(base, context.parts.store)
  if (published !== undefined) return answer(base, await published)
  const scope = scopeOf(base)
  let form: Buffer | undefined
  let formFailure: AwsError | undefined
  try {
    form = isForm(base, scope) ? await readForm(base) : undefined
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    formFailure = error
  }
  const dispatched = dispatch({
    ...base.wire,
    signingScope: scope,
    form: formFailure ? UNREAD_FORM : form?.toString('utf8'),
    baseHosts: context.parts.baseHosts,
    jsonPaths: NO_PATHS,
  })
  if (dispatched.kind === 'redirect') {
    await answer(base, { status: 302, headers: { location: dispatched.location, 'x-amzn-requestid': base.requestId } })
    return
  }
  return serveService(visitOf(base, dispatched, context.parts), dispatched.service, { ...context, form, formFailure })
}

/** @throws AwsError beyond the limits of size and of parameters: both are read before anybody has proved who he is */
async function readForm(exchange: Exchange): Promise<Buffer> {
  const form = await readBody(exchange, FORM_BYTES_MAX)
  if (form.length >= PARAMETERS_MAX && parametersIn(form) > PARAMETERS_MAX)
    throw new AwsError('RequestEntityTooLarge', 413, 'Request has too many parameters.', {
      diagnosis: 'REQUEST.TOO_LARGE',
    })
  return form
}

function parametersIn(form: Buffer): number {
  let parameters = 1
  for (const byte of form) if (byte === AMPERSAND) parameters++
  return parameters
}

const AMPERSAND = 38
const PARAMETERS_MAX = 8192

/** Stands for a form that could not be read: its sender is told so, and not sent away for want of an Action. */
const UNREAD_FORM = 'Action=&Version=2011-06-15'

const NO_PATHS: ReadonlyMap<string, string> = new Map()

/** Who speaks to S3 sends no form, whatever the type says: curl gives every body of a POST this one. */
function isForm({ wire }: Exchange, scope: SigningScope | undefined): boolean {
  const { method, headers, query } = wire
  if (method !== 'POST' || !(headers['content-type'] ?? '').toLowerCase().startsWith(FORM_TYPE)) return false
  return scope === undefined ? !S3_POST.test(query) : scope.service !== 's3'
}

/** What tells S3's operations by POST apart; anonymous callers and version 2 name no service. */
const S3_POST = /(?:^|&)(?:delete|uploads|uploadId|restore|select)(?:[=&]|$)/

function visitOf(base: Exchange, dispatched: Extract<Dispatched, { kind: 'service' }>, parts: ServerParts): Visit {
  const s3 = dispatched.service === 's3'
  const requestId = s3 ? base.requestId.replaceAll('-', '').slice(0, 16).toUpperCase() : base.requestId
  const { host } = dispatched
  return {
    exchange: s3 ? { ...base, requestId } : base,
    parts,
    now: parts.platform.clock.session(),
    region: dispatched.region,
    hostRegion: host.region,
    virtualBucket: host.bucket,
    trace: { questions: [] },
    note: { service: dispatched.service },
  }
}

type Serving = Context & { readonly form: Buffer | undefined; readonly formFailure: AwsError | undefined }

async function serveService(visit: Visit, service: string, serving: Serving): Promise<void> {
  const { platform } = visit.parts
  let given: Answer
  let failure: AwsError | undefined
  try {
    if (serving.formFailure) throw serving.formFailure
    given = await served(visit, service, serving)
  } catch (error) {
    failure = errorOf(error, visit)
    given = errorAnswer(service, failure, visit, serving.services)
  }
  const entry = journalEntry(visit, failure)
  platform.journal.record(entry)
  const written = audited(entry, visit.parts)
  if (written !== undefined && !(await written)) {
    // What was done stays done; what the caller gets is no success that nobody can prove.
    if (given.body !== undefined) await unused(given.body)
    await answer(
      visit.exchange,
      errorAnswer(service, serviceUnavailable({ diagnosis: 'AUDIT.UNWRITABLE' }), visit, serving.services),
    )
    return
  }
  const sealed = failure && sealedRefusal(entry, platform)
  return answer(
    visit.exchange,
    sealed === undefined ? given : { ...given, headers: { ...given.headers, 'x-understudy-encoded-message': sealed } },
  )
}

/** Lets go of a body that is not sent after all: a file may be open behind it. */
async function unused(body: NonNullable<Answer['body']>): Promise<void> {
  if (typeof body === 'string' || body instanceof Uint8Array) return
  const bytes = body[Symbol.asyncIterator]()
  // A generator that has not begun has nothing to end.
  await bytes.next()
  await bytes.return?.()
}

/** @returns whether the line was written, where that is required; `undefined` where nobody waits for it */
function audited(entry: JournalEntry, { audit }: ServerParts): Promise<boolean> | undefined {
  if (!audit?.required) {
    audit?.file.note(entry)
    return undefined
  }
  return audit.file.write(entry).then(
    () => true,
    () => false,
  )
}

function served(visit: Visit, service: string, { services, form }: Serving): Promise<Answer> {
  if (service === 's3') return serveS3(services.s3, visit)
  if (service === 'sts' || service === 'iam') return serveQuery(services[service], visit, form ?? Buffer.alloc(0))
  throw notImplemented(`of the service ${service}`)
}

function errorAnswer(service: string, error: AwsError, visit: Visit, services: Services): Answer {
  return service === 's3'
    ? s3ErrorAnswer(error, visit)
    : queryErrorAnswer(services[service === 'iam' ? 'iam' : 'sts'].model, error, visit)
}

/** What the caller is told of any failure. An unknown one is logged with its cause and told as InternalFailure. */
function errorOf(error: unknown, visit: Visit): AwsError {
  if (error instanceof AwsError) return error
  if (error instanceof BucketNotEmpty)
    return new AwsError('BucketNotEmpty', 409, 'The bucket you tried to delete is not empty', {
      fields: { BucketName: error.bucket },
    })
  if (error instanceof BlobsUnavailable || error instanceof StoreUnavailable)
    return serviceUnavailable({ diagnosis: error.code, cause: error, explanation: error.message })
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  visit.parts.log({
    event: 'fault',
    requestId: visit.exchange.requestId,
    operation: visit.note.operation,
    error: stack,
  })
  return internalFailure(error)
}

/** Bounded, since strangers write it: without bounds a header full of beginnings takes time in the square of its length. */
const HEADER_SCOPE = /Credential=[^/,\s]{1,128}\/[^/,\s]{0,16}\/([^/,\s]{0,64})\/([^/,\s]{0,64})\/aws4_request/
const QUERY_SCOPE = /(?:^|&)X-Amz-Credential=([^&]*)/i

/** What the caller says to have signed for: enough to find the service, proof of nothing. */
function scopeOf({ wire }: Exchange): SigningScope | undefined {
  const header = HEADER_SCOPE.exec(wire.headers['authorization'] ?? '')
  if (header) return { region: header[1] ?? '', service: header[2] ?? '' }
  const query = QUERY_SCOPE.exec(wire.query)?.[1]
  const parts = query?.replaceAll(/%2F/gi, '/').split('/')
  return parts?.length === 5 ? { region: parts[2] ?? '', service: parts[3] ?? '' } : undefined
}
