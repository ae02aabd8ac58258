/** What this shell's variables and files make AWS clients do: which endpoint they call, and whose keys they use. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from './command.ts'
import { canonicalUrl } from './servers.ts'

export interface Finding {
  readonly check: string
  /** `undefined` for what is only told. */
  readonly ok: boolean | undefined
  readonly text: string
}

const SERVICES = ['STS', 'IAM', 'S3'] as const

/** AWS SDKs and Tools Reference, "Service-specific endpoints": a service's own variable wins over the common one. */
export function endpointCheck(environment: Environment, awsUrl: string | undefined): readonly Finding[] {
  if (environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true')
    return [
      {
        check: 'endpoint',
        ok: false,
        text: 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is set: clients of this shell talk to the real AWS',
      },
    ]
  return SERVICES.map((service): Finding => {
    const own = environment[`AWS_ENDPOINT_URL_${service}`]
    const url = own ?? environment['AWS_ENDPOINT_URL']
    const from = own === undefined ? 'AWS_ENDPOINT_URL' : `AWS_ENDPOINT_URL_${service}`
    const check = `${service} calls`
    if (!url)
      return {
        check,
        ok: false,
        text: 'go to the real AWS: no endpoint variable is set. eval "$(understudy env)" sets it',
      }
    if (!URL.canParse(url)) return { check, ok: false, text: `fail: ${from} is \`${url}\`, which is no address` }
    if (awsUrl !== undefined && canonicalUrl(url) === canonicalUrl(awsUrl))
      return { check, ok: true, text: `go to this server (${from})` }
    return { check, ok: false, text: `go to ${url} (${from}), which is not the endpoint of this server` }
  })
}

interface Link {
  readonly name: string
  readonly present: (environment: Environment, home: string) => string | undefined
}

/** The order that SDKs share. AWS SDKs and Tools Reference, "Standardized credential providers". */
const CHAIN: readonly Link[] = [
  {
    name: 'environment variables',
    present: ({ AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token }) =>
      id && secret ? `key ${id}${token ? ' with a session token' : ''}` : undefined,
  },
  {
    name: 'web identity token',
    present: ({ AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role }) => (file && role ? `role ${role}` : undefined),
  },
  {
    name: 'shared files',
    present: (environment, home) => {
      const file = environment['AWS_SHARED_CREDENTIALS_FILE'] ?? join(home, '.aws', 'credentials')
      const config = environment['AWS_CONFIG_FILE'] ?? join(home, '.aws', 'config')
      const found = [file, config].filter((path) => existsSync(path))
      const profile = environment['AWS_PROFILE'] ?? 'default'
      return found.length > 0 ? `profile \`${profile}\` of ${found.join(' and ')}, if it is there` : undefined
    },
  },
  {
    name: 'container endpoint',
    present: ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: full, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative }) =>
      full ?? (relative === undefined ? undefined : `http://169.254.170.2${relative}`),
  },
  {
    name: 'instance metadata',
    present: ({ AWS_EC2_METADATA_DISABLED: disabled, AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint }) =>
      disabled === 'true' ? undefined : (endpoint ?? 'http://169.254.169.254'),
  },
]

/** Which link of the credential chain wins in this shell, and which stand behind it. @param home the user's home folder */
export function credentialChain(environment: Environment, home: string): readonly Finding[] {
  const present = CHAIN.flatMap((link) => {
    const text = link.present(environment, home)
    return text === undefined ? [] : [{ name: link.name, text }]
  })
  const [winner, ...others] = present
  const mixed = environment['AWS_PROFILE'] && environment['AWS_ACCESS_KEY_ID']
  return [
    winner === undefined
      ? { check: 'credentials', ok: false, text: 'none: every link of the chain is empty or switched off' }
      : { check: 'credentials', ok: true, text: `${winner.name} (${winner.text})` },
    ...others.map(({ name, text }): Finding => ({ check: '', ok: undefined, text: `behind it: ${name} (${text})` })),
    ...(mixed
      ? [
          {
            check: '',
            ok: undefined,
            text: 'AWS_PROFILE is set beside AWS_ACCESS_KEY_ID: the AWS CLI takes the profile only when --profile is given, some SDKs take it always',
          },
        ]
      : []),
  ]
}
