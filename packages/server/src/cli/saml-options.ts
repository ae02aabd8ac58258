/** The row of `saml`: its many options in a file of their own. */
import type { Command, CommandOption } from './command.ts'

const text = (value: string, help: string): CommandOption => ({ type: 'string', value, help })

/** @param server and @param json the options that many commands share */
export const samlCommand = (server: CommandOption, json: CommandOption): Command => ({
  name: 'saml',
  summary: 'mint a SAML assertion of the federation lab, or read any SAML response',
  usage: [
    'mint (--role ROLE-ARN | --role-attribute VALUE… | --user NAME) [--subject NAME] [--tag KEY=VALUE]… …',
    'inspect (FILE | -) [--provider ARN]',
  ],
  options: {
    role: text('ROLE-ARN', 'mint: the role that is offered'),
    'role-attribute': {
      ...text('VALUE', 'mint: the Role attribute as it is, in place of role and provider'),
      multiple: true,
    },
    provider: text('NAME|ARN', 'the SAML provider, where the account or the response has several'),
    user: text('NAME', 'mint: as the seed declares this user; other options go before what it says'),
    subject: text('NAME', 'mint: NameID (default alice@example.com)'),
    'session-name': text('NAME', 'mint: RoleSessionName (default: the subject)'),
    format: text('URN', 'mint: format of the NameID'),
    recipient: text('URL', 'mint: what saml:aud holds (default https://signin.aws.amazon.com/saml)'),
    audience: text('URN', 'mint: audience restriction (default urn:amazon:webservices)'),
    'source-identity': text('NAME', 'mint: SourceIdentity'),
    tag: { ...text('KEY=VALUE', 'mint: a session tag'), multiple: true },
    transitive: { ...text('KEY', 'mint: a tag that stays through chains'), multiple: true },
    attribute: { ...text('NAME=VALUE', 'mint: an attribute by its whole name'), multiple: true },
    'session-duration': text('DURATION', 'mint: attribute SessionDuration'),
    'session-ends': text('DURATION', 'mint: SessionNotOnOrAfter, so long from now'),
    expires: text('DURATION', 'mint: life of the assertion (default 5m); --expires=-1m for one that has ended'),
    json,
    server,
  },
  words: [1, 2],
  verbs: ['mint', 'inspect'],
  example: 'understudy saml mint --role arn:aws:iam::111122223333:role/Reader --subject alice@example.com',
  load: () => import('./saml.ts').then((module) => module.saml),
})
