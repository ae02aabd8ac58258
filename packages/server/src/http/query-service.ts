/** STS and IAM over the Query protocol: authenticate, decode, validate, perform, write. */
import {
  checkDeclaredHash,
  decodeQuery,
  encodeQueryError,
  encodeQueryErrorJson,
  encodeQueryResponse,
  encodeQueryResponseJson,
  sha256Hex,
  validate,
  wantsJson,
} from '@understudy/wire'
import type { Credentials, OperationModel, ServiceModel, Structure } from '@understudy/wire'
import { authenticate } from '../credentials/authenticate.ts'
import type { Caller } from '../credentials/caller.ts'
import type { AccountId } from '../domain/brands.ts'
import type { AwsError } from '../errors/aws-error.ts'
import { notImplemented } from '../errors/catalogue.ts'
import type { AnyRow, Call } from '../services/operation.ts'
import { authenticationError, failureError } from './wire-errors.ts'
import type { Answer } from './exchange.ts'
import { perform } from './perform.ts'
import { NO_ACCOUNT, askerOf, factsOf, signedWith } from './call.ts'
import type { Visit } from './visit.ts'

export interface QueryService {
  readonly model: ServiceModel
  readonly operations: ReadonlyMap<string, AnyRow>
}

/** Serves one call. @param body the whole body, already read. @throws AwsError */
export async function serveQuery(service: QueryService, visit: Visit, body: Buffer): Promise<Answer> {
  const { exchange, parts } = visit
  const bodyHash = sha256Hex(body)
  const parameters = exchange.wire.method === 'POST' ? body.toString('utf8') : exchange.wire.query
  const name = service.model.service
  const decoded = decodeQuery(service.model, parameters)
  if (decoded.ok) visit.note.operation = decoded.operation.name
  const unsigned = decoded.ok && decoded.operation.unsigned
  const signedOperation = await authenticated(visit, { dialect: name === 'sts' ? 'sts' : 'iam', bodyHash, unsigned })
  if (!decoded.ok) throw failureError(decoded)
  const invalid = validate(decoded.operation, decoded.input, name)
  if (invalid) throw failureError(invalid)
  const row = service.operations.get(decoded.operation.name)
  if (!row) throw notImplemented(decoded.operation.name)
  const call: Call = {
    service: name === 'sts' ? 'sts' : 'iam',
    operation: decoded.operation.name,
    caller: signedOperation.caller,
    account: signedOperation.account,
    region: visit.region,
    now: visit.now,
    request: factsOf(visit, signedOperation.credentials),
    platform: parts.platform,
  }
  const output = await perform(row, decoded.input, {
    call,
    asker: askerOf(visit, call.caller),
    store: parts.store,
    trace: visit.trace,
  })
  return written(service.model, decoded.operation, output as Structure, visit)
}

async function authenticated(
  visit: Visit,
  from: { readonly dialect: 'sts' | 'iam'; readonly bodyHash: string; readonly unsigned: boolean },
): Promise<{ readonly caller: Caller; readonly account: AccountId; readonly credentials?: Credentials }> {
  const { dialect, bodyHash } = from
  const result = await signedWith(visit, (reader) =>
    authenticate(
      {
        request: visit.exchange.signed,
        dialect,
        hostRegion: visit.hostRegion,
        wireNow: visit.parts.platform.clock.wire(),
        sessionNow: visit.now,
        payloadHash: () => {
          const declared = checkDeclaredHash(visit.exchange.signed, bodyHash)
          return declared.ok ? { ok: true, value: bodyHash, bodyHash } : declared
        },
      },
      reader,
      visit.parts.platform,
    ),
  )
  // AssumeRoleWithWebIdentity and WithSAML are called without a signature: the token is the proof.
  if (from.unsigned && !result.ok && result.refusal.diagnosis === 'AUTH.MISSING')
    return { caller: { kind: 'anonymous', principal: { kind: 'anonymous' } }, account: NO_ACCOUNT }
  if (!result.ok) throw authenticationError(result.refusal)
  if (result.kind === 'anonymous') throw new Error(`an unsigned ${dialect} request was taken for a signed one`)
  return { caller: result.caller, account: result.caller.account, credentials: result.credentials }
}

function written(model: ServiceModel, operation: OperationModel, output: Structure, visit: Visit): Answer {
  const { requestId, wire } = visit.exchange
  const json = wantsJson(wire.headers['accept'])
  return {
    status: 200,
    headers: { ...idHeaders(model, requestId), 'content-type': json ? 'application/json' : 'text/xml' },
    body: json
      ? encodeQueryResponseJson(operation, output, requestId)
      : encodeQueryResponse(model, operation, output, requestId),
  }
}

const idHeaders = (model: ServiceModel, requestId: string): Record<string, string> => ({
  'x-amzn-requestid': requestId,
  ...(model.service === 'sts' ? { 'x-amz-sts-extended-request-id': Buffer.from(requestId).toString('base64') } : {}),
})

/** An error in the Query protocol. Faults from before the operation was known use AWS's older namespace. */
export function queryErrorAnswer(model: ServiceModel, error: AwsError, visit: Visit): Answer {
  const { requestId, wire } = visit.exchange
  const content = {
    code: error.code,
    message: error.message === '' ? undefined : error.message,
    status: error.status,
    requestId,
  }
  const json = wantsJson(wire.headers['accept'])
  const known = error.code !== 'InvalidAction'
  return {
    status: error.status,
    headers: {
      ...idHeaders(model, requestId),
      'content-type': json ? 'application/json' : 'text/xml',
      ...error.options.headers,
    },
    body: json ? encodeQueryErrorJson(content) : encodeQueryError(known ? model : undefined, content),
  }
}
