/** Delegation requests as partners make them and customers look at them. IAM API Reference, CreateDelegationRequest. */
import type { Iam, IamOperations } from '@understudy/wire'
import { foreignBoundary } from '../../authorization/partner-boundaries.ts'
import { renderTemplate, roleBoundaries } from '../../authorization/policy-template.ts'
import { delegationRequestArn, parseArn } from '../../domain/arn.ts'
import { accountId, dateOf } from '../../domain/brands.ts'
import { uuid } from '../../domain/chance.ts'
import {
  DELEGATION_PARTNER,
  delegationPartners,
  delegationRequests,
  expiryOf,
  requestAt,
  templateOf,
  workflowKey,
} from '../../entities/delegation.ts'
import type { DelegationPartner, DelegationRequest, TemplateParameter } from '../../entities/delegation.ts'
import { EVERYWHERE } from '../../entities/iam.ts'
import {
  accessDenied,
  entityAlreadyExists,
  invalidInput,
  limitExceeded,
  validationError,
} from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { askOnRequest, defaultPermission, existingRequest, isOwner, signedIn } from './delegation-access.ts'
import { permissionCheck } from './delegation-check.ts'
import { forgetOver } from './delegation-notices.ts'
import { pageOf } from './paging.ts'

/** Requests of one partner that are not over. AWS names no number. */
const OPEN_MAX = 1000

export const delegationRequestOperations = {
  CreateDelegationRequest: {
    access: 'write',
    accounts: (_input, call) => [EVERYWHERE, call.account],
    ask: (input, call) => [
      {
        action: 'iam:CreateDelegationRequest',
        resource: delegationRequestArn(call.account, '*'),
        context: {
          'iam:TemplateArn': input.Permissions.PolicyTemplateArn,
          'iam:NotificationChannel': input.NotificationChannel,
          'iam:DelegationDuration': String(input.SessionDuration),
        },
      },
    ],
    handle: async (input, call, store) => {
      const partner = await partnerOf(call, store)
      checkChannel(input.NotificationChannel, call)
      const rows = await store.find(delegationRequests, EVERYWHERE, 'requestor', call.account)
      await forgetOver(store, rows, call.now)
      if (rows.filter((row) => requestAt(row, call.now).state !== 'EXPIRED').length >= OPEN_MAX)
        throw limitExceeded(`Cannot exceed quota for DelegationRequestsPerAccount: ${OPEN_MAX}`)
      const row = newRequest(input, partner, call)
      await checkBoundaries(row, call, store)
      const [same] = await store.find(
        delegationRequests,
        EVERYWHERE,
        'workflow',
        workflowKey(row.requestor, row.workflowId),
      )
      if (same !== undefined)
        throw entityAlreadyExists(`Delegation request with RequestorWorkflowId ${row.workflowId} already exists.`)
      await store.put(delegationRequests, EVERYWHERE, row)
      return { ConsoleDeepLink: deepLink(row.id), DelegationRequestId: row.id }
    },
  },
  GetDelegationRequest: {
    access: 'read',
    ask: askOnRequest('iam:GetDelegationRequest', 'first-or-owner'),
    handle: async (input, call, store) => {
      const row = await existingRequest(input, call, store)
      const checked = input.DelegationPermissionCheck === true ? await permissionCheck(row, call, store) : undefined
      return {
        DelegationRequest: shownRequest(row),
        ...(checked === undefined ? {} : { PermissionCheckStatus: 'COMPLETE', PermissionCheckResult: checked }),
      }
    },
  },
  ListDelegationRequests: {
    access: 'read',
    ask: (input, call) => {
      const context = { 'iam:DelegationRequestOwner': input.OwnerId }
      const isOwn = input.OwnerId !== undefined && input.OwnerId === signedIn(call).arn
      const action = 'iam:ListDelegationRequests'
      return [{ action, resource: '*', context, ...(isOwn ? defaultPermission(action, call) : {}) }]
    },
    handle: async (input, call, store) => {
      const all = await store.find(delegationRequests, EVERYWHERE, 'owner', call.account)
      // One's own need no permission, so they are those of the same unique id: a namesake who is gone was somebody else.
      const isOwn = input.OwnerId !== undefined && input.OwnerId === signedIn(call).arn
      const kept = all.filter((row) =>
        isOwn ? isOwner(row, call) : input.OwnerId === undefined || row.owner?.arn === input.OwnerId,
      )
      const page = pageOf(kept, (row) => row.id, input, ['ListDelegationRequests', call.account, input.OwnerId])
      return {
        DelegationRequests: page.items.map((row) => shownRequest(requestAt(row, call.now))),
        isTruncated: page.more.IsTruncated,
        ...(page.more.Marker === undefined ? {} : { Marker: page.more.Marker }),
      }
    },
  },
} satisfies Operations<IamOperations, 'CreateDelegationRequest' | 'GetDelegationRequest' | 'ListDelegationRequests'>

/** @throws AwsError AccessDenied for accounts that are no partner: AWS's own answer to them is not known */
async function partnerOf(call: Call, store: Reader): Promise<DelegationPartner> {
  const partner = await store.get(delegationPartners, call.account, DELEGATION_PARTNER)
  if (partner === undefined)
    throw accessDenied(`Account ${call.account} is not registered for IAM temporary delegation.`, {
      diagnosis: 'DELEGATION.NOT_PARTNER',
      explanation: 'On AWS a partner is onboarded; here a seed says `delegationPartner` of the account.',
    })
  return partner
}

/** A topic of the requestor's own account. @throws AwsError InvalidInput */
function checkChannel(channel: string, call: Call): void {
  const arn = parseArn(channel)
  const isTopic =
    arn?.service === 'sns' && /^[a-z]{2}(-[a-z]+)+-\d$/.test(arn.region) && /^[\w-]{1,256}$/.test(arn.resource)
  if (!isTopic) throw invalidInput(`NotificationChannel ${channel} is not the ARN of an SNS topic.`)
  if (arn.account !== call.account)
    throw invalidInput(`NotificationChannel ${channel} is not in the account of the requestor.`)
}

/** A parameter may stand for the boundary of new roles. @throws AwsError InvalidInput for one that is not registered */
async function checkBoundaries(row: DelegationRequest, call: Call, store: Reader): Promise<void> {
  const arn = await foreignBoundary(row.policy, row.requestor, call.platform.catalogue, store)
  if (arn !== undefined)
    throw invalidInput(`Failed to render template: the permissions boundary ${arn} is neither AWS's nor registered.`)
}

/** @throws AwsError InvalidInput, ValidationError */
function newRequest(
  input: Iam.CreateDelegationRequestRequest,
  partner: DelegationPartner,
  call: Call,
): DelegationRequest {
  const { PolicyTemplateArn: templateArn } = input.Permissions
  if (templateArn === undefined) throw invalidInput('Permissions must name a PolicyTemplateArn.')
  const template = templateOf(partner, templateArn)
  if (template === undefined) throw invalidInput(`Policy template ${templateArn} is not registered.`)
  const parameters = (input.Permissions.Parameters ?? []).map(parameterOf)
  const repeated = parameters.find(({ name }, index) => parameters.findIndex((other) => other.name === name) !== index)
  if (repeated !== undefined)
    throw invalidInput(`Failed to render template: Parameter '${repeated.name}' is given twice.`)
  const rendered = renderTemplate(template.text, parameters)
  if (!rendered.ok) throw (rendered.code === 'InvalidInput' ? invalidInput : validationError)(rendered.message)
  const ownerAccount = input.OwnerAccountId === undefined ? undefined : accountId(input.OwnerAccountId)
  return {
    id: uuid(call.platform.chance),
    requestor: call.account,
    requestorName: partner.name,
    workflowId: input.RequestorWorkflowId,
    description: input.Description,
    ...(input.RequestMessage === undefined ? {} : { message: input.RequestMessage }),
    templateArn,
    parameters,
    policy: rendered.text,
    boundaries: roleBoundaries(rendered.text),
    ...(input.RedirectUrl === undefined ? {} : { redirectUrl: input.RedirectUrl }),
    channel: input.NotificationChannel,
    sessionSeconds: input.SessionDuration,
    onlySendByOwner: input.OnlySendByOwner ?? false,
    createdAt: call.now,
    state: 'UNASSIGNED',
    updatedAt: call.now,
    ...(ownerAccount === undefined ? {} : { ownerAccount }),
  }
}

/** @throws AwsError InvalidInput for a parameter without name or type */
function parameterOf({ Name: name, Values: values, Type: type }: Iam.PolicyParameter): TemplateParameter {
  if (name === undefined || type === undefined) throw invalidInput('A policy parameter has a Name and a Type.')
  return { name, values: values ?? [], type }
}

/** Where the customer looks at the request. The path of AWS's page is not documented. */
const deepLink = (id: string): string => `https://console.aws.amazon.com/iam/home#/temporary_delegation_requests/${id}`

function shownRequest(row: DelegationRequest): Iam.DelegationRequest {
  const absent = <T>(name: string, value: T | undefined): object => (value === undefined ? {} : { [name]: value })
  return {
    DelegationRequestId: row.id,
    ...absent('OwnerAccountId', row.ownerAccount),
    Description: row.description,
    ...absent('RequestMessage', row.message),
    Permissions: {
      PolicyTemplateArn: row.templateArn,
      Parameters: row.parameters.map(({ name, values, type }) => ({ Name: name, Values: values, Type: type })),
    },
    PermissionPolicy: row.policy,
    ...(row.boundaries.length === 0 ? {} : { RolePermissionRestrictionArns: row.boundaries }),
    ...absent('OwnerId', row.owner?.arn),
    ...absent('ApproverId', row.approver?.arn),
    State: row.state,
    ExpirationTime: dateOf(expiryOf(row)),
    RequestorId: row.requestor,
    RequestorName: row.requestorName,
    CreateDate: dateOf(row.createdAt),
    SessionDuration: row.sessionSeconds,
    ...absent('RedirectUrl', row.redirectUrl),
    ...absent('Notes', row.notes),
    ...absent('RejectionReason', row.rejectionReason),
    OnlySendByOwner: row.onlySendByOwner,
    UpdatedTime: dateOf(row.updatedAt),
  }
}
