/** Tables and functions in PostgreSQL. All keys compare bytewise; keys of objects are bytes. */
import type { PoolClient } from 'pg'
import { StoreRefused } from '../errors.ts'

const SCHEMA_VERSION = 1

const TABLES = `
create table head (one integer primary key check (one = 1), revision bigint not null, mark text not null);
insert into head values (1, 0, '');
create table account_lock (account text collate "C" primary key, revision bigint not null);
create table item (account text collate "C" not null, kind text collate "C" not null, key text collate "C" not null,
  revision bigint not null, version integer not null, body text not null, primary key (account, kind, key));
create table item_index (account text collate "C" not null, kind text collate "C" not null, name text collate "C" not null,
  value text collate "C" not null, key text collate "C" not null, primary key (account, kind, name, value, key));
create index item_index_row on item_index (account, kind, key);
create table item_unique (kind text collate "C" not null, name text collate "C" not null, value text collate "C" not null,
  account text collate "C" not null, key text collate "C" not null, primary key (kind, name, value));
create index item_unique_row on item_unique (account, kind, key);
create table change (revision bigint primary key, before text not null, after text not null, at bigint not null);
create table change_item (revision bigint not null, kind text collate "C" not null, account text collate "C" not null,
  key text collate "C" not null, primary key (revision, kind, account, key));
create table object (bucket text collate "C" not null, key bytea not null, blob text collate "C" not null, body text not null,
  primary key (bucket, key));
create index object_blob on object (blob);`

/**
 * Commits a change set. What can wait or fail comes first; `head` is moved as late as it can be, because its lock holds up
 * the cluster until the commit. Answers the new revision; what refuses it
 * ends the transaction with the code UY001 and the refusal as detail. Unique values are taken in order, so that two writes cannot wait for each other.
 */
const COMMIT_CHANGES = `
create function commit_changes(changes jsonb, new_mark text, now bigint, empty_buckets text[])
returns bigint language plpgsql as $body$
declare
  old head%rowtype;
  taken text;
  refusal jsonb;
begin
  delete from item_index x using jsonb_to_recordset(changes) c(kind text, account text, key text)
    where x.account = c.account and x.kind = c.kind and x.key = c.key;
  delete from item_unique x using jsonb_to_recordset(changes) c(kind text, account text, key text)
    where x.account = c.account and x.kind = c.kind and x.key = c.key;
  select o.bucket into taken from object o where o.bucket = any(empty_buckets) limit 1;
  if taken is not null then
    raise exception 'refused' using errcode = 'UY001', detail = jsonb_build_object('why', 'bucket', 'bucket', taken)::text;
  end if;
  insert into item_index select distinct c.account, c.kind, x.value->>0, x.value->>1, c.key
    from jsonb_to_recordset(changes) c(kind text, account text, key text, put jsonb), jsonb_array_elements(c.put->'indexes') x;
  with wanted as (
    select c.kind, u.value->>0 as name, u.value->>1 as value, c.account, c.key
      from jsonb_to_recordset(changes) c(kind text, account text, key text, put jsonb), jsonb_array_elements(c.put->'unique') u
      order by 1, 2, 3
  ), got as (
    insert into item_unique select * from wanted on conflict do nothing returning kind, name, value, account, key
  )
  select jsonb_build_object('why', 'unique', 'kind', w.kind, 'index', w.name, 'value', w.value) into refusal
    from wanted w where not exists (select 1 from got g
      where g.kind = w.kind and g.name = w.name and g.value = w.value and g.account = w.account and g.key = w.key) limit 1;
  if refusal is not null then
    raise exception 'refused' using errcode = 'UY001', detail = refusal::text;
  end if;
  delete from item i using jsonb_to_recordset(changes) c(kind text, account text, key text, put jsonb)
    where c.put is null and i.account = c.account and i.kind = c.kind and i.key = c.key;
  select * into old from head for update;
  insert into item select c.account, c.kind, c.key, old.revision + 1, (c.put->>'version')::integer, c.put->>'body'
    from jsonb_to_recordset(changes) c(kind text, account text, key text, put jsonb) where c.put is not null
    on conflict on constraint item_pkey do update set revision = excluded.revision, version = excluded.version, body = excluded.body;
  insert into change_item select distinct old.revision + 1, c.kind, c.account, c.key
    from jsonb_to_recordset(changes) c(kind text, account text, key text);
  insert into account_lock select distinct c.account, old.revision + 1
    from jsonb_to_recordset(changes) c(kind text, account text, key text)
    on conflict on constraint account_lock_pkey do update set revision = excluded.revision;
  insert into change values (old.revision + 1, old.mark, new_mark, now);
  perform pg_notify('understudy', current_schema() || ' ' || (old.revision + 1));
  update head set revision = old.revision + 1, mark = new_mark;
  return old.revision + 1;
end $body$;`

/** Puts an object's row unless a condition fails. The lock of the bucket's row holds its removal off. */
const PUT_OBJECT = `
create function put_object(bucket_name text, object_key bytea, new_blob text, new_body text, options jsonb,
  out why text, out present text) language plpgsql as $body$
begin
  if options ? 'within' then
    perform 1 from item_unique u where u.kind = options->'within'->>'kind' and u.name = options->'within'->>'index'
      and u.value = options->'within'->>'value' for share;
    if not found then why := 'gone'; return; end if;
  end if;
  perform pg_advisory_xact_lock(hashtextextended(bucket_name || '/' || encode(object_key, 'hex'), 0));
  select o.body into present from object o where o.bucket = bucket_name and o.key = object_key;
  if (options ? 'absent' and present is not null)
    or (options ? 'etag' and (present is null or present::jsonb->>'etag' <> options->>'etag')) then
    why := 'condition';
    return;
  end if;
  insert into object values (bucket_name, object_key, new_blob, new_body)
    on conflict on constraint object_pkey do update set blob = excluded.blob, body = excluded.body;
  why := 'ok';
end $body$;`

/** Each step brings a schema from the version of its index to the next. */
const STEPS: readonly string[] = [TABLES + COMMIT_CHANGES + PUT_OBJECT]

/** Makes the schema or brings it up to date; refuses a newer one. Nodes that start together wait for each other. */
export async function migrate(client: PoolClient, schema: string): Promise<void> {
  await client.query('begin')
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 1))', [`understudy ${schema}`])
  await client.query(`create schema if not exists ${client.escapeIdentifier(schema)}`)
  await client.query('create table if not exists schema_version (version integer not null)')
  const found = await client.query<{ version: number }>('select version from schema_version')
  const version = found.rows[0]?.version ?? 0
  if (version > SCHEMA_VERSION) {
    await client.query('rollback')
    const advice = 'Start the newer program, or restore a backup made before the upgrade.'
    throw new StoreRefused(
      'newer-schema',
      `The store has schema ${version}; this program knows ${SCHEMA_VERSION}. ${advice}`,
    )
  }
  for (const step of STEPS.slice(version)) await client.query(step)
  if (version === 0) await client.query('insert into schema_version values ($1)', [SCHEMA_VERSION])
  else await client.query('update schema_version set version = $1', [SCHEMA_VERSION])
  await client.query('commit')
}
