/** The pages of the lab's identity provider: plain HTML that works without a script, a cookie or anything from elsewhere. */
import { createHash } from 'node:crypto'
import type { RolePair } from '../../federation/saml/aws-attributes.ts'
import { AWS_CONSUMER } from '../../federation/saml/mint.ts'
import { markup } from './markup.ts'
import type { Markup } from './markup.ts'

/** Contrast of text is at least 4.5 : 1 on its ground, light and dark. */
const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e6e8eb); --soft: light-dark(#57606a, #a3abb5);
  --ground: light-dark(#f2f4f7, #14171b); --card: light-dark(#ffffff, #1d2127); --line: light-dark(#8a939e, #6d7681);
  --act: light-dark(#0a58ca, #8ab4ff); --on-act: light-dark(#ffffff, #10141a); --bad: light-dark(#b3261e, #ff9b93); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 40rem; margin: 4vh auto; padding: clamp(1rem, 4vw, 2rem); background: var(--card); border-radius: 0.5rem; }
h1 { margin: 0 0 0.5rem; font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 2rem 0 0.25rem; font-size: 1.1rem; overflow-wrap: anywhere; }
p { margin: 0.5rem 0; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.bad { color: var(--bad); font-weight: 600; }
label { display: block; margin-top: 1rem; font-weight: 600; }
input, textarea { width: 100%; margin-top: 0.25rem; padding: 0.5rem 0.6rem; font: inherit; color: inherit;
  background: var(--ground); border: 1px solid var(--line); border-radius: 0.3rem; }
textarea { font: 0.8rem/1.4 ui-monospace, monospace; resize: vertical; }
button { margin-top: 1rem; padding: 0.6rem 1.25rem; font: inherit; font-weight: 600; color: var(--on-act);
  background: var(--act); border: 1px solid transparent; border-radius: 0.3rem; cursor: pointer; }
button.quiet { color: var(--ink); background: transparent; border-color: var(--line); }
form.quiet { margin-top: 2rem; }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
`
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

export interface Page {
  readonly status: number
  readonly body: Markup
  readonly headers: Readonly<Record<string, string>>
}

/** @param submitsTo sources that the page's form may be sent to, in the words of a Content-Security-Policy */
function page(status: number, title: string, submitsTo: string, content: Markup): Page {
  const body = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`
  const policy =
    `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action ${submitsTo}; ` +
    `base-uri 'none'; frame-ancestors 'none'`
  return { status, body, headers: { 'content-security-policy': policy, 'referrer-policy': 'same-origin' } }
}

export interface SignInForm {
  /** Path of the page. */
  readonly action: string
  readonly providerName: string
  readonly entityId: string
  readonly asked?: { readonly issuer: string; readonly consumer: string; readonly encoded: string }
  readonly relayState?: string
  readonly userName?: string
  readonly problem?: string
}

/** The names of form and fields are those by which tools that read such pages find them. */
export function formPage(status: number, form: SignInForm): Page {
  const { asked, problem } = form
  return page(
    status,
    `Sign in to ${form.providerName}`,
    "'self'",
    markup`<h1>Sign in to ${form.providerName}</h1>
<p class="soft">This is Understudy's federation lab, which plays ${form.entityId}. Never type a real password here.</p>
${asked === undefined ? [] : markup`<p>${asked.issuer} asks for it. The response goes to ${asked.consumer}.</p>`}
${problem === undefined ? [] : markup`<p class="bad" role="alert" id="problem">${problem}</p>`}
<form id="loginForm" method="post" action="${form.action}"${problem === undefined ? [] : markup` aria-describedby="problem"`}>
${asked === undefined ? [] : hidden('SAMLRequest', asked.encoded)}
${form.relayState === undefined ? [] : hidden('RelayState', form.relayState)}
<label for="username">User name</label>
<input id="username" name="username" type="text" value="${form.userName ?? ''}" autocomplete="username" autocapitalize="none" spellcheck="false" required${focusIf(form.userName === undefined)}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${focusIf(form.userName !== undefined)}>
<button type="submit">Sign in</button>
</form>`,
  )
}

const focusIf = (isFirst: boolean): Markup => (isFirst ? markup` autofocus` : markup``)
const hidden = (name: string, value: string): Markup => markup`<input type="hidden" name="${name}" value="${value}">`

export interface ResponseFacts {
  readonly userName: string
  readonly consumer: string
  /** Base64. */
  readonly response: string
  readonly relayState?: string
  readonly pairs: readonly RolePair[]
  /** Address of the AWS endpoint. */
  readonly awsUrl: string
}

/** Browsers hold a service's redirects to this as well, so it names more than the service: what the seed's `consumers` may be. */
const WHERE_SERVICES_ARE = 'https: http://localhost:* http://127.0.0.1:* http://*.localhost:*'

/** The response is in the page that its user got, and nowhere else: it is a secret for some minutes. */
export function responsePage(facts: ResponseFacts): Page {
  const { host } = new URL(facts.consumer)
  const isAws = facts.consumer === AWS_CONSUMER
  return page(
    200,
    `Signed in as ${facts.userName}`,
    WHERE_SERVICES_ARE,
    markup`<h1>Signed in as ${facts.userName}</h1>
${isAws ? [] : continuation(facts, '', markup`The response goes to ${facts.consumer}.`, host)}
${facts.pairs.length === 0 ? markup`<p>The response offers this user no role.</p>` : HOW_ON}
${facts.pairs.map((pair, index) => roleSection(pair, index, facts))}
${isAws ? continuation(facts, 'quiet', NOT_AT_AWS, host) : []}`,
  )
}

const HOW_ON = markup`<p>At this server, go on in a shell: select all of a command, copy it, and run it while the response is valid.</p>`
const NOT_AT_AWS = markup`A browser would now post the response to AWS, which does not know this lab and refuses it.`

const continuation = (
  { consumer, response, relayState }: ResponseFacts,
  look: string,
  text: Markup,
  host: string,
): Markup =>
  markup`<form method="post" action="${consumer}" class="${look}">
${hidden('SAMLResponse', response)}
${relayState === undefined ? [] : hidden('RelayState', relayState)}
<p class="soft">${text}</p>
<button type="submit" class="${look}">Continue to ${host}</button>
</form>`

const roleSection = (pair: RolePair, index: number, { response, awsUrl }: ResponseFacts): Markup =>
  markup`<h2 id="role-${index}">${pair.roleArn}</h2>
<label id="label-${index}" for="command-${index}">Command for this role</label>
<textarea id="command-${index}" aria-labelledby="label-${index} role-${index}" rows="9" readonly spellcheck="false">${commandFor(pair, response, awsUrl)}</textarea>`

const commandFor = ({ roleArn, providerArn }: RolePair, response: string, awsUrl: string): string =>
  [
    'aws sts assume-role-with-saml --no-sign-request',
    `--endpoint-url ${quoted(awsUrl)} --region us-east-1`,
    `--role-arn ${quoted(roleArn)}`,
    `--principal-arn ${quoted(providerArn)}`,
    `--saml-assertion ${quoted(response)}`,
  ].join(' \\\n  ')

/** One word of a POSIX shell. */
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

/** What went wrong, in words for the person before the screen. */
export const problemPage = (status: number, title: string, explanation: string): Page =>
  page(
    status,
    title,
    "'none'",
    markup`<h1>${title}</h1>
<p role="alert">${explanation}</p>`,
  )
