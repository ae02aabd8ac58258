/** What the tests of the lab's sign-in start from: a server whose lab knows people, a page reader, and STS. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { AssumeRoleWithSAMLCommand, STSClient } from '@aws-sdk/client-sts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'

export const ACCOUNT = '111122223333'
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/people/Reader`
export const CORP = `arn:aws:iam::${ACCOUNT}:saml-provider/corp`
export const PATH = `/lab/saml/${ACCOUNT}/corp`
export const AWS_CONSUMER = 'https://signin.aws.amazon.com/saml'
export const PASSWORD = 'rehearsal & <"more\'>'

/** @param consumers further addresses for responses */
export const seedFor = (consumers: readonly string[] = []): object => ({
  accounts: [
    {
      id: ACCOUNT,
      name: 'company',
      samlProviders: [
        {
          name: 'corp',
          lab: {
            entityId: 'https://idp.corp.example/metadata',
            consumers,
            users: [
              {
                userName: 'alice',
                password: PASSWORD,
                roles: ['Reader'],
                subject: 'alice@example.com',
                sessionDuration: 1800,
                sourceIdentity: 'alice',
                tags: { team: 'blue' },
                transitiveTagKeys: ['team'],
                attributes: { 'urn:oid:1.3.6.1.4.1.5923.1.1.1.1': ['staff', 'member'] },
              },
              { userName: '<b>&"bob', password: PASSWORD, roles: ['Reader'], format: 'urn:test:own' },
              { userName: 'carol', roles: ['Reader'] },
            ],
          },
        },
        { name: 'empty', lab: true },
      ],
      roles: [
        {
          roleName: 'Reader',
          path: '/people/',
          assumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Federated: CORP },
                Action: ['sts:AssumeRoleWithSAML', 'sts:TagSession', 'sts:SetSourceIdentity'],
                Condition: {
                  StringEquals: { 'saml:aud': [AWS_CONSUMER, ...consumers], 'aws:RequestTag/team': 'blue' },
                  'ForAnyValue:StringEquals': { 'saml:edupersonaffiliation': 'staff' },
                },
              },
            ],
          },
        },
      ],
    },
  ],
})

export async function startedWith(seed: object, options: readonly string[] = []): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-saml-'))
  writeFileSync(join(folder, 'seed.json'), JSON.stringify(seed))
  const server = await start(['--ephemeral', '--seed', join(folder, 'seed.json'), ...options])
  rmSync(folder, { recursive: true, force: true })
  return server
}

export const assume = (server: Started, SAMLAssertion: string) =>
  new STSClient({
    endpoint: server.aws,
    region: 'eu-central-1',
    maxAttempts: 1,
    credentials: { accessKeyId: '-', secretAccessKey: '-' },
  }).send(new AssumeRoleWithSAMLCommand({ RoleArn: ROLE, PrincipalArn: CORP, SAMLAssertion }))

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
export const unescaped = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? '')

/** A form as tools read one: where it goes, and what it would send. */
export function readForm(page: string): { readonly action: string; readonly fields: URLSearchParams } {
  const [, attributes = '', content = ''] = /<form ([^>]*)>(.*?)<\/form>/s.exec(page) ?? []
  assert.notEqual(attributes, '', page)
  const of = (tag: string, name: string) => unescaped(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '')
  const fields = new URLSearchParams()
  for (const [tag] of content.matchAll(/<input [^>]*>/g)) fields.append(of(tag, 'name'), of(tag, 'value'))
  return { action: of(attributes, 'action'), fields }
}

export interface Wish {
  readonly attributes?: string
  readonly content?: string
  readonly issuer?: string
}

/** An AuthnRequest as a service writes one. */
export const authnRequest = ({ attributes = '', content = '', issuer = 'urn:amazon:webservices' }: Wish = {}): string =>
  `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ` +
  `ID="_asked-1" Version="2.0" IssueInstant="2026-11-25T10:00:00Z" ${attributes}><saml:Issuer>${issuer}</saml:Issuer>${content}</samlp:AuthnRequest>`

/** The query of HTTP-Redirect. */
export const redirectQuery = (xml: string, relayState?: string): string =>
  new URLSearchParams({
    SAMLRequest: deflateRawSync(xml).toString('base64'),
    ...(relayState === undefined ? {} : { RelayState: relayState }),
  }).toString()
