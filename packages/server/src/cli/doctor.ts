/** `understudy doctor`: does this shell talk to the server or to the real AWS, as whom, and with which tools. */
import type { CommandBody, Environment, Terminal } from './command.ts'
import { flag } from './command.ts'
import { serverUrl } from './client.ts'
import { endpointCheck, credentialChain } from './doctor-environment.ts'
import { request } from 'node:http'
import type { Finding } from './doctor-environment.ts'
import { toolVersions } from './doctor-tools.ts'
import { findServer } from './servers.ts'
import { styled } from './terminal.ts'

export const doctor: CommandBody = async (input, terminal) => {
  const url = serverUrl(input, terminal.environment)
  const server = findServer(url, terminal.environment)
  const findings: readonly Finding[] = [
    await reachable('console', `${url}/health`),
    ...(server === undefined
      ? [{ check: 'registration', ok: false, text: `no server of this user is registered at ${url}` } as const]
      : [await awsEndpoint(server.awsUrl)]),
    ...endpointCheck(terminal.environment, server?.awsUrl),
    ...credentialChain(terminal.environment, readable(terminal.environment)),
    ...(await toolVersions()),
  ]
  if (flag(input, 'json')) terminal.out(JSON.stringify({ findings }, undefined, 2))
  else for (const finding of findings) terminal.out(findingLine(finding, terminal))
  return findings.some((finding) => finding.ok === false) ? 1 : 0
}

/**
 * A request to the name of STS without an Action is answered with a redirect, and by no decision: the doctor must not be what
 * `why last` explains.
 */
async function awsEndpoint(url: string): Promise<Finding> {
  const { hostname, port } = new URL(url)
  const status = await new Promise<number | Error>((resolve) => {
    const asked = request({ host: hostname, port, path: '/', headers: { host: 'sts.amazonaws.com' }, timeout: 3000 })
    asked.on('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.on('timeout', () => asked.destroy(new Error('no answer within 3 s')))
    asked.on('error', resolve)
    asked.end()
  })
  const check = 'AWS endpoint'
  if (status === 302) return { check, ok: true, text: `${url} answers as STS` }
  const what =
    typeof status === 'number' ? `answers HTTP ${status} where STS answers 302` : `does not answer: ${status.message}`
  return { check, ok: false, text: `${url} ${what}` }
}

function findingLine(finding: Finding, terminal: Terminal): string {
  const mark =
    finding.ok === undefined ? '·' : finding.ok ? styled(terminal, 'green', '✔') : styled(terminal, 'red', '✘')
  return `${mark} ${finding.check.padEnd(14)} ${finding.text}`
}

/** The home folder, for the files of the credential chain. */
const readable = (environment: Environment): string => environment['HOME'] ?? environment['USERPROFILE'] ?? ''

const ANSWER_WITHIN_MILLISECONDS = 3000

async function reachable(check: string, address: string): Promise<Finding> {
  try {
    const response = await fetch(address, {
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MILLISECONDS),
    })
    await response.body?.cancel()
    return { check, ok: true, text: `${address} answers (HTTP ${response.status})` }
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    return { check, ok: false, text: `${address} does not answer: ${reason}` }
  }
}
