/**
 * The protocol by which a GitHub Actions job asks for its token: an address and a secret in the job's environment. The secret
 * holds the whole run, sealed, so that no node has to remember it. GitHub Docs, "OpenID Connect", "Requesting the JWT".
 */
import type { Vault } from '../../credentials/vault.ts'
import type { GithubRun, LabRequest } from './request.ts'

/** How long a job may ask. GitHub ends jobs after six hours. */
const JOB_SECONDS = 6 * 3600
const OWNER = ['lab', 'job'] as const

interface SealedJob {
  readonly request: LabRequest
  /** Seconds since 1970, wire time. */
  readonly expires: number
}

/** The variables of a job. @param consoleUrl `http://127.0.0.1:4567` */
export function jobVariables(
  request: LabRequest & { readonly subject: GithubRun },
  consoleUrl: string,
  { vault, now }: { readonly vault: Vault; readonly now: number },
): Readonly<Record<'ACTIONS_ID_TOKEN_REQUEST_URL' | 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', string>> {
  const job: SealedJob = { request, expires: now + JOB_SECONDS }
  return {
    // The toolkit puts `&audience=` behind it, so it has a query already.
    ACTIONS_ID_TOKEN_REQUEST_URL: `${consoleUrl}/lab/github/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: Buffer.from(vault.seal(JSON.stringify(job), OWNER), 'base64').toString('base64url'),
  }
}

/** The run that a job's secret stands for; `undefined` for one that is not ours, or too old. */
export function openJob(
  secret: string,
  { vault, now }: { readonly vault: Vault; readonly now: number },
): LabRequest | undefined {
  let text: string
  try {
    text = vault.open(Buffer.from(secret, 'base64url').toString('base64'), OWNER)
  } catch {
    // Not sealed by this server: told to nobody in more words.
    return undefined
  }
  const job = JSON.parse(text) as SealedJob
  return job.expires > now ? job.request : undefined
}
