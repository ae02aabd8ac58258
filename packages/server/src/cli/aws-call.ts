/** One signed call to an AWS endpoint over plain HTTP: what `whoami` and `demo` speak, so that no SDK is needed. */
import { signV4 } from '@understudy/wire'
import { systemChance, uuid } from '../domain/chance.ts'
import { movableClock } from '../domain/clock.ts'

export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface AwsAnswer {
  readonly status: number
  readonly body: string
  readonly decisionId: string | undefined
  /** AWS's error code; absent in a success. */
  readonly errorCode: string | undefined
  readonly errorMessage: string | undefined
}

export interface AwsCall {
  /** `http://127.0.0.1:4566`. */
  readonly endpoint: string
  readonly keys: Keys
  readonly service: 'sts' | 'iam' | 's3'
  readonly region?: string
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Percent-encoded, with its leading slash. */
  readonly path?: string
  readonly query?: string
  readonly body?: string
  readonly contentType?: string
}

const clock = movableClock()

/** Sends it; a refusal is an answer, only a server that does not answer throws. */
export async function awsCall(call: AwsCall): Promise<AwsAnswer> {
  const { endpoint, keys, service, method = 'POST', path = '/', query = '', body } = call
  const signed = signV4({
    request: {
      method,
      rawPath: path,
      rawQuery: query,
      headers: [
        ['Host', new URL(endpoint).host],
        ...(call.contentType === undefined ? [] : [['Content-Type', call.contentType] as const]),
      ],
    },
    signer: { ...keys, region: call.region ?? 'us-east-1', service },
    now: clock.wire(),
    ...(body === undefined ? {} : { body }),
  })
  const response = await fetch(`${endpoint}${path}${query === '' ? '' : `?${query}`}`, {
    method,
    redirect: 'manual',
    headers: [
      ...signed.headers.filter(([name]) => name !== 'Host').map(([name, value]): [string, string] => [name, value]),
      ['amz-sdk-invocation-id', uuid(systemChance)],
    ],
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  return {
    status: response.status,
    body: text,
    decisionId: response.headers.get('x-understudy-decision-id') ?? undefined,
    errorCode: response.ok ? undefined : (elementText(text, 'Code') ?? String(response.status)),
    errorMessage: response.ok ? undefined : elementText(text, 'Message'),
  }
}

/** A call of the Query protocol, as STS and IAM speak it. */
export function queryCall(
  target: Pick<AwsCall, 'endpoint' | 'keys' | 'service'>,
  action: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<AwsAnswer> {
  const version = target.service === 'sts' ? '2011-06-15' : '2010-05-08'
  return awsCall({
    ...target,
    contentType: 'application/x-www-form-urlencoded; charset=utf-8',
    body: new URLSearchParams({ Action: action, Version: version, ...parameters }).toString(),
  })
}

/** Text of the first element of that name; our own answers have no attributes there. */
export function elementText(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  return found?.replace(/&(lt|gt|quot|apos|amp|#39);/g, (_, entity: string) => ENTITIES.get(entity) ?? '')
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['#39', "'"],
  ['amp', '&'],
])
