/** The credential scope: key id, day, Region, service. */
import { headerMalformed, queryMalformed, queryServiceMismatch } from './refusals.ts'
import { ECDSA_ALGORITHM } from './types.ts'
import type { Checked, Dialect, Refusal, V4Credentials } from './types.ts'

const TERMINATOR = 'aws4_request'
const DAY = /^\d{8}$/
const REGION = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

/** Takes `keyid/date/region/service/term` apart; version 4A has no Region. Undefined: another number of parts. */
export function readScope(credential: string, algorithm: V4Credentials['algorithm']) {
  const at = credential.indexOf('/')
  const rest = credential.slice(at + 1).split('/')
  const hasRegion = algorithm !== ECDSA_ALGORITHM
  if (at < 1 || rest.length !== (hasRegion ? 4 : 3)) return undefined
  const [date = '', region = '', service = '', terminator = ''] = hasRegion ? rest : rest.toSpliced(1, 0, '')
  return {
    accessKeyId: credential.slice(0, at),
    date,
    region,
    service,
    terminator,
    scope: credential.slice(at + 1),
  }
}

/** The Region that a scope stands for. SDKs with an endpoint of their own sign IAM and STS for `aws-global`. */
export const effectiveRegion = (scopeRegion: string): string =>
  scopeRegion === 'aws-global' ? 'us-east-1' : scopeRegion

/**
 * Does the scope fit the endpoint? Checked before the signature.
 * @param input.region the Region that the host names; absent: every syntactically valid one
 * @param input.service the service of the endpoint (`sts`, `iam`, `s3`)
 */
export function checkScope(input: {
  readonly credentials: V4Credentials
  readonly dialect: Dialect
  readonly service: string
  readonly region?: string | undefined
}): Checked {
  return input.dialect === 's3' ? checkForS3(input) : checkForQueryService(input)
}

type ScopeInput = Parameters<typeof checkScope>[0]

function regionFits({ credentials, region }: ScopeInput): boolean {
  if (credentials.version === 'v4a') return regionSetFits(credentials.regionSet, region)
  if (!REGION.test(credentials.region)) return false
  return region === undefined || effectiveRegion(credentials.region) === region
}

/** Entries of a region set may end in `*`, or be `*` alone. */
function regionSetFits(set: readonly string[], region: string | undefined): boolean {
  if (region === undefined) return set.length > 0
  return set.some((entry) => (entry.endsWith('*') ? region.startsWith(entry.slice(0, -1)) : entry === region))
}

/** STS and IAM name everything that is wrong, each sentence with a blank behind it. */
function checkForQueryService(input: ScopeInput): Checked {
  const { credentials, service } = input
  const day = credentials.timestamp.slice(0, 8)
  let text = ''
  if (!regionFits(input)) text += 'Credential should be scoped to a valid region. '
  if (credentials.service !== service) text += `Credential should be scoped to correct service: '${service}'. `
  if (credentials.terminator !== TERMINATOR) {
    text += `Credential should be scoped with a valid terminator: '${TERMINATOR}', not '${credentials.terminator}'. `
  }
  if (credentials.date !== day) {
    const about = 'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP'
    text += `${about}: '${credentials.date}' != '${day}', from '${credentials.timestamp}'. `
  }
  return text === '' ? { ok: true } : queryServiceMismatch(text, 'AUTH.SCOPE')
}

function checkForS3(input: ScopeInput): Checked {
  const { credentials, service, region } = input
  const { date, terminator } = credentials
  const day = credentials.timestamp.slice(0, 8)
  const refuse = (detail: string, fields: Refusal['fields'] = []) =>
    credentials.form === 'header'
      ? headerMalformed(detail, 'AUTH.SCOPE', fields)
      : queryMalformed(`Error parsing the X-Amz-Credential parameter; ${detail}`, 'AUTH.SCOPE', fields)
  if (!DAY.test(date)) {
    return refuse(`incorrect date format "${date}". This date in the credential must be in the format "yyyyMMdd".`)
  }
  if (!regionFits(input)) {
    const wanted = region ?? 'us-east-1'
    return refuse(`the region '${credentials.region}' is wrong; expecting '${wanted}'`, [['Region', wanted]])
  }
  if (credentials.service !== service) {
    return refuse(`incorrect service "${credentials.service}". This endpoint belongs to "${service}".`)
  }
  if (terminator !== TERMINATOR) {
    return refuse(`incorrect terminal "${terminator}". This endpoint uses "${TERMINATOR}".`)
  }
  if (date !== day) {
    return refuse(`Invalid credential date "${date}". This date is not the same as X-Amz-Date: "${day}".`)
  }
  return { ok: true }
}
