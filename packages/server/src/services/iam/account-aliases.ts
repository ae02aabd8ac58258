/** The alias of the account: a name for its sign-in page, one to an account, and nobody else's. */
import type { IamOperations } from '@understudy/wire'
import { accountAliases } from '../../entities/iam.ts'
import { entityAlreadyExists, noSuchEntity } from '../../errors/catalogue.ts'
import type { Operations } from '../operation.ts'
import { pageOf } from './paging.ts'

const everything = (action: string) => () => [{ action, resource: '*' }] as const

export const accountAliasOperations = {
  CreateAccountAlias: {
    access: 'write',
    ask: everything('iam:CreateAccountAlias'),
    handle: async (input, call, store) => {
      const taken = await store.findUnique(accountAliases, 'alias', input.AccountAlias)
      if (taken) throw entityAlreadyExists(`The account alias ${input.AccountAlias} already exists.`)
      for (const row of await store.list(accountAliases, call.account))
        await store.remove(accountAliases, call.account, accountAliases.key(row))
      await store.put(accountAliases, call.account, { alias: input.AccountAlias })
      return {}
    },
  },
  ListAccountAliases: {
    access: 'read',
    ask: everything('iam:ListAccountAliases'),
    handle: async (input, call, store) => {
      const rows = await store.list(accountAliases, call.account)
      const page = pageOf(rows, (row) => row.alias, input, ['ListAccountAliases', call.account])
      return { AccountAliases: page.items.map((row) => row.alias), ...page.more }
    },
  },
  DeleteAccountAlias: {
    access: 'write',
    ask: everything('iam:DeleteAccountAlias'),
    handle: async (input, call, store) => {
      if (!(await store.remove(accountAliases, call.account, input.AccountAlias)))
        throw noSuchEntity(`The account alias ${input.AccountAlias} cannot be found.`)
      return {}
    },
  },
} satisfies Operations<IamOperations, 'CreateAccountAlias' | 'ListAccountAliases' | 'DeleteAccountAlias'>
