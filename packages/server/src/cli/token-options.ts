/** The row of `token`: its many options in a file of their own. */
import type { Command, CommandOption } from './command.ts'

const text = (value: string, help: string): CommandOption => ({ type: 'string', value, help })

/** @param server and @param json the options that many commands share */
export const tokenCommand = (server: CommandOption, json: CommandOption): Command => ({
  name: 'token',
  summary: 'mint a token of the federation lab',
  usage: [
    'mint github --repo OWNER/NAME [--ref REF] [--event EVENT] [--environment NAME] [--job] …',
    'mint kubernetes --namespace NAME --service-account NAME …',
    'mint oidc [--issuer URL] [--claim NAME=VALUE]… …',
  ],
  options: {
    issuer: text('URL', 'which issuer of the lab, where it plays several of a kind'),
    audience: text('TEXT', 'aud; sts.amazonaws.com when absent'),
    claim: { ...text('NAME=VALUE', 'a claim of your own; JSON values are read as such'), multiple: true },
    sub: text('TEXT', 'the subject, whatever else would make it up'),
    expires: text('DURATION', 'life of the token: 5m, 1h; --expires=-10m for one that has ended'),
    repo: text('OWNER/NAME', 'github: the repository'),
    ref: text('REF', 'github: branch, or refs/tags/v1 (default refs/heads/main)'),
    event: text('EVENT', 'github: push, pull_request, workflow_dispatch … (default push)'),
    environment: text('NAME', 'github: deployment environment'),
    workflow: text('NAME', 'github: the workflow (default ci)'),
    'job-workflow-ref': text('REF', 'github: reusable workflow, owner/name/.github/workflows/x.yml@ref'),
    actor: text('NAME', 'github: who started the run'),
    sha: text('SHA', 'github: the commit'),
    'owner-id': text('NUMBER', 'github: numeric id of the owner'),
    'repository-id': text('NUMBER', 'github: numeric id of the repository'),
    subject: text('FORM', 'github: classic (default), immutable, or claim names: repo,context,job_workflow_ref'),
    job: { type: 'boolean', help: 'github: print the variables by which a job asks for its token itself' },
    namespace: text('NAME', 'kubernetes: namespace'),
    'service-account': text('NAME', 'kubernetes: service account'),
    pod: text('NAME', 'kubernetes: pod'),
    json,
    server,
  },
  words: [2, 2],
  verbs: ['mint'],
  example: 'understudy token mint github --repo octo-org/app --ref refs/heads/main',
  load: () => import('./token.ts').then((module) => module.token),
})
