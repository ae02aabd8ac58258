/** Which AWS clients this shell would run, and in which version: only new enough ones heed AWS_ENDPOINT_URL. */
import { execFile } from 'node:child_process'
import type { Finding } from './doctor-environment.ts'

const ANSWER_WITHIN_MILLISECONDS = 10_000

/** First version that heeds AWS_ENDPOINT_URL. AWS SDKs and Tools Reference, "Service-specific endpoints". */
const TOOLS: readonly {
  readonly check: string
  readonly command: readonly [string, ...string[]]
  readonly version: RegExp
  readonly heedsFrom: readonly (readonly [number, number, number])[]
}[] = [
  {
    check: 'aws cli',
    command: ['aws', '--version'],
    version: /aws-cli\/(\d+)\.(\d+)\.(\d+)/,
    heedsFrom: [
      [1, 29, 0],
      [2, 13, 0],
    ],
  },
  {
    check: 'boto3',
    command: ['python3', '-c', 'import boto3; print("boto3/" + boto3.__version__)'],
    version: /boto3\/(\d+)\.(\d+)\.(\d+)/,
    heedsFrom: [[1, 28, 0]],
  },
]

export async function toolVersions(): Promise<readonly Finding[]> {
  return Promise.all(TOOLS.map(async (tool) => finding(tool, await output(tool.command))))
}

function finding(tool: (typeof TOOLS)[number], text: string | undefined): Finding {
  const found = text === undefined ? undefined : tool.version.exec(text)
  if (!found) return { check: tool.check, ok: undefined, text: 'not installed' }
  const version: readonly [number, number, number] = [Number(found[1]), Number(found[2]), Number(found[3])]
  const needed = tool.heedsFrom.find(([major]) => major === version[0])
  const isTooOld =
    needed !== undefined && (version[1] < needed[1] || (version[1] === needed[1] && version[2] < needed[2]))
  const shown = version.join('.')
  return isTooOld
    ? {
        check: tool.check,
        ok: false,
        text: `${shown} ignores AWS_ENDPOINT_URL (needs ${needed.join('.')}): pass --endpoint-url`,
      }
    : { check: tool.check, ok: true, text: `${shown} heeds AWS_ENDPOINT_URL` }
}

/** What a program printed; `undefined` when it is not there or failed. */
function output([file, ...args]: readonly [string, ...string[]]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: ANSWER_WITHIN_MILLISECONDS }, (error, stdout, stderr) => {
      resolve(error === null ? stdout + stderr : undefined)
    })
  })
}
