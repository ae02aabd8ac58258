/**
 * The sign-in of the lab's identity provider, below `/lab/saml/` of the console listener: metadata, the form, and the page
 * whose form carries the response on. There is nothing here unless a seed gives the provider users. No cookie is set, so
 * nobody is ever signed in: each response costs the password.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { accountId } from '../../domain/brands.ts'
import type { AccountId } from '../../domain/brands.ts'
import { labSamlIdps, labSamlUsers, labUserKey } from '../../entities/saml.ts'
import type { LabSamlIdp, LabSamlUser } from '../../entities/saml.ts'
import { readAuthnRequest } from '../../federation/saml/authn-request.ts'
import type { AuthnRequest } from '../../federation/saml/authn-request.ts'
import { labMetadata } from '../../federation/saml/lab.ts'
import { SignInRefused, guessLimit, passwordCheck, signIn } from '../../federation/saml/sign-in.ts'
import type { GuessLimit, PasswordCheck } from '../../federation/saml/sign-in.ts'
import { AdminError, badRequest, notFound, writeHtml, writeText } from './answers.ts'
import { checkNavigation, checkSite } from './doors.ts'
import type { AdminParts } from './parts.ts'
import { formPage, problemPage, responsePage } from './saml-pages.ts'
import type { Page } from './saml-pages.ts'

export const SIGN_IN_PATH = '/lab/saml/'

/** Where the sign-in page of a provider stands. */
export const signInPath = (account: AccountId, providerName: string): string =>
  `${SIGN_IN_PATH}${account}/${providerName}`

interface Place {
  readonly account: AccountId
  readonly idp: LabSamlIdp
  readonly path: string
  readonly isMetadata: boolean
}

interface Parts extends AdminParts {
  readonly check: PasswordCheck
  readonly limit: GuessLimit
}

/** What a form or a query says. */
interface Fields {
  readonly request?: AuthnRequest
  readonly relayState?: string
}

type Handler = (request: IncomingMessage, response: ServerResponse, path: string, query: string) => Promise<void>

export function samlSignIn(admin: AdminParts): Handler {
  const limit = guessLimit(() => admin.clock.wire())
  const parts: Parts = { ...admin, check: passwordCheck(admin.seed), limit }
  return async (request, response, path, query) => {
    try {
      const place = await placeOf(path, parts)
      if (place.isMetadata) return metadata(request, response, place)
      writeHtml(response, await pageFor(request, query, place, parts))
    } catch (error) {
      if (!(error instanceof AdminError)) throw error
      request.resume()
      writeHtml(response, withHeaders(problemPage(error.status, TITLES[error.status] ?? TITLE, error.message), error))
    }
  }
}

const TITLE = 'This sign-in cannot go on'
const TITLES: Readonly<Record<number, string>> = { 404: 'There is no sign-in here' }

/** A body that was not read to its end ends the connection; the wrong method is told the right ones. */
const withHeaders = (page: Page, { status }: AdminError): Page => ({
  ...page,
  headers: {
    ...page.headers,
    ...(status === 405 ? { allow: 'GET, HEAD, POST' } : {}),
    ...(status === 413 ? { connection: 'close' } : {}),
  },
})

/** @throws AdminError 404 for a provider that the lab does not play, or one without users */
async function placeOf(path: string, { store }: Parts): Promise<Place> {
  const [, digits = '', name = '', below] = /^\/lab\/saml\/(\d{12})\/([\w.-]{1,128})(\/metadata)?$/.exec(path) ?? []
  const account = accountId(digits)
  const idp = account && (await store.read((reader) => idpWithUsers(account, name, reader)))
  if (account === undefined || idp === undefined)
    throw notFound('The lab plays no identity provider with users at this address.')
  return { account, idp, path: signInPath(account, name), isMetadata: below !== undefined }
}

type ReaderOf = Parameters<Parameters<AdminParts['store']['read']>[0]>[0]

async function idpWithUsers(account: AccountId, name: string, reader: ReaderOf): Promise<LabSamlIdp | undefined> {
  const users = await reader.list(labSamlUsers, account)
  return users.some((user) => user.providerName === name) ? reader.get(labSamlIdps, account, name) : undefined
}

/** The address of the sign-in is the one by which the reader came: its host name was checked at the door. */
function metadata(request: IncomingMessage, response: ServerResponse, { idp, path }: Place): void {
  requireNavigation(request)
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new AdminError(405, 'MethodNotAllowed', 'Only GET.')
  request.resume()
  writeText(response, 'application/samlmetadata+xml', labMetadata(idp, `http://${request.headers.host}${path}`))
}

async function pageFor(request: IncomingMessage, query: string, place: Place, parts: Parts): Promise<Page> {
  requireNavigation(request)
  if (request.method === 'GET' || request.method === 'HEAD') {
    request.resume()
    return form(200, place, fieldsOf(new URLSearchParams(query), 'redirect', place, parts))
  }
  if (request.method !== 'POST') throw new AdminError(405, 'MethodNotAllowed', 'This address takes GET and POST.')
  const body = await readForm(request)
  const fields = fieldsOf(body, 'post', place, parts)
  if (body.has('username') || body.has('password')) return attempt(request, body, fields, place, parts)
  if (fields.request === undefined) throw badRequest('The form has neither a user name nor a SAMLRequest.')
  return form(200, place, fields)
}

/** Other sites send people here: that is what the page is for. It shows them a form, and nothing else. */
function requireNavigation(request: IncomingMessage): void {
  const refused = checkNavigation(request.headers)
  if (refused !== undefined) throw new AdminError(refused.status, refused.code, refused.message)
}

const FORM_MAX = 131_072
const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i

/** @throws AdminError 413, 415 */
async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  if (!FORM_TYPE.test(request.headers['content-type'] ?? ''))
    throw new AdminError(415, 'NotForm', 'A sign-in is sent as application/x-www-form-urlencoded.')
  const chunks: Buffer[] = []
  let size = 0
  // A request that is left in the middle stays whole, so that its sender still gets the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > FORM_MAX) throw new AdminError(413, 'TooLarge', `The form is larger than ${FORM_MAX} bytes.`)
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

/** SAML 2.0 Bindings allow 80 bytes; services send addresses. */
const RELAY_STATE_MAX = 4096
const DEFLATE = 'urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE'

/** @throws AdminError 400 */
function fieldsOf(given: URLSearchParams, binding: 'redirect' | 'post', place: Place, parts: Parts): Fields {
  for (const name of ['SAMLRequest', 'RelayState', 'SAMLEncoding', 'username', 'password'])
    if (given.getAll(name).length > 1) throw badRequest(`${name} is there twice.`)
  const relayState = given.get('RelayState')
  if ((relayState?.length ?? 0) > RELAY_STATE_MAX)
    throw badRequest(`RelayState has more than ${RELAY_STATE_MAX} characters.`)
  const encoded = given.get('SAMLRequest')
  const encoding = given.get('SAMLEncoding') ?? DEFLATE
  if (binding === 'redirect' && encoding !== DEFLATE)
    throw badRequest(`SAMLEncoding \`${encoding}\` is not known; known is ${DEFLATE}.`)
  return {
    ...(relayState === null ? {} : { relayState }),
    ...(encoded === null ? {} : { request: requestOf(encoded, binding, place, parts) }),
  }
}

function requestOf(encoded: string, binding: 'redirect' | 'post', place: Place, parts: Parts): AuthnRequest {
  const isHere = (address: string): boolean => {
    if (!URL.canParse(address)) return false
    const { protocol, hostname, pathname } = new URL(address)
    return /^https?:$/.test(protocol) && parts.hosts.includes(hostname) && pathname === place.path
  }
  const read = readAuthnRequest(encoded, binding, { consumers: place.idp.consumers ?? [], isHere })
  if (!read.ok) throw badRequest(`The SAMLRequest is refused: ${read.explanation}.`)
  return read.request
}

const form = (
  status: number,
  { idp, path }: Place,
  { request, relayState }: Fields,
  more: { readonly userName?: string; readonly problem?: string } = {},
): Page =>
  formPage(status, {
    action: path,
    providerName: idp.providerName,
    entityId: idp.entityId,
    ...(request === undefined ? {} : { asked: request }),
    ...(relayState === undefined ? {} : { relayState }),
    ...more,
  })

/** Who it was that does not fit, or what, is not told. */
const WRONG = 'The user name or the password is wrong.'

async function attempt(
  request: IncomingMessage,
  body: URLSearchParams,
  fields: Fields,
  place: Place,
  parts: Parts,
): Promise<Page> {
  const foreign = checkSite(request.headers)
  if (foreign !== undefined) throw new AdminError(foreign.status, foreign.code, 'A password only comes from this page.')
  const { account, idp, path } = place
  const userName = body.get('username') ?? ''
  const user = await parts.store.read((reader) =>
    reader.get(labSamlUsers, account, labUserKey(idp.providerName, userName)),
  )
  // From here to the count nothing waits: guesses sent together are counted one by one.
  const closed = parts.limit.closedFor(path)
  if (closed !== undefined) {
    const problem = `Too many wrong passwords. Try again in ${closed} seconds.`
    const page = form(429, place, fields, { userName, problem })
    return { ...page, headers: { ...page.headers, 'retry-after': String(closed) } }
  }
  if (!parts.check(account, user, body.get('password') ?? '') || user === undefined) {
    parts.limit.countWrong(path)
    return form(403, place, fields, { userName, problem: WRONG })
  }
  return answered(user, fields, place, parts)
}

function answered(user: LabSamlUser, { request, relayState }: Fields, { account, idp }: Place, parts: Parts): Page {
  const { seed, clock, info } = parts
  const facts = { idp, user, ...(request === undefined ? {} : { request }) }
  try {
    const signed = signIn(facts, { account, now: clock.wire(), chance: seed.chance, vault: seed.vault })
    return responsePage({
      ...signed,
      userName: user.userName,
      awsUrl: info.awsUrl,
      ...(relayState === undefined ? {} : { relayState }),
    })
  } catch (error) {
    if (error instanceof SignInRefused) throw badRequest(`The SAMLRequest is refused: ${error.message}.`)
    throw error
  }
}
