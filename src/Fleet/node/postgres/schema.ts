/**
 * The tables of a fleet in PostgreSQL, in the schema `katcp_fleet`.
 *
 * - `fleet`: one row: the number of shards, a flag that the devices were seeded, and a mark of the token.
 * - `device`: the wanted devices, and the placements. A device that is no longer wanted keeps its row, which continues its
 *   epochs. `changed` is the transaction that last changed the row; runners use it to read changes. `asked` is when
 *   another runner than the holder last claimed the device. `released` is the last epoch that was given up in order: the
 *   archive keeps readings under it, which are on their way.
 * - `epoch`: a sequence. Devices that are claimed in one statement share an epoch, so a runner has few different ones,
 *   and its archive few batches.
 * - `runner`: the runners, with their heartbeats.
 * - `task`: tasks that only one runner at a time does.
 */

/** The migrations from each version to the next. A new database runs all of them. */
export const migrations: ReadonlyArray<ReadonlyArray<string>> = [
  [
    `create table katcp_fleet.fleet(one boolean primary key default true check (one), shards int4 not null,
       seeded boolean not null default false)`,
    `create table katcp_fleet.device(name text primary key, section jsonb not null, labels jsonb not null default '{}',
       wished boolean not null default true, salt int4 not null default 0, prefers text,
       epoch int8 not null default 0, runner text, since timestamptz,
       state text not null default '', error text, changed xid8 not null)`,
    "create sequence katcp_fleet.epoch",
    "create index device_changed on katcp_fleet.device(changed)",
    `create function katcp_fleet.note_change() returns trigger language plpgsql as
       'begin new.changed := pg_current_xact_id(); return new; end'`,
    `create trigger note_change before insert or update on katcp_fleet.device
       for each row execute function katcp_fleet.note_change()`,
    `create table katcp_fleet.runner(name text primary key, epoch int8 not null, cluster text not null, link text not null,
       http text, state text not null, wanted text not null default 'up', seen timestamptz not null,
       figures jsonb not null default '{}')`,
    "create table katcp_fleet.task(name text primary key, epoch int8 not null, runner text not null)"
  ],
  ["alter table katcp_fleet.device add column asked timestamptz"],
  ["alter table katcp_fleet.fleet add column token text"],
  ["alter table katcp_fleet.device add column released int8"],
  ["alter table katcp_fleet.runner add column started timestamptz"]
]

/** The version that this library writes. */
export const version = migrations.length

/** All changes since a transaction ($1), and all runners with ages in milliseconds, in one snapshot. */
export const readChanges = `select pg_snapshot_xmin(pg_current_snapshot())::text as mark,
  (select coalesce(json_agg(json_build_object('device', name, 'section', section, 'labels', labels, 'wished', wished,
     'salt', salt, 'prefers', prefers, 'epoch', epoch, 'runner', runner,
     'since', floor(extract(epoch from since) * 1000), 'state', state, 'error', error)), '[]')
   from katcp_fleet.device where changed >= $1::xid8) as devices,
  (select coalesce(json_agg(json_build_object('name', name, 'epoch', epoch, 'cluster', cluster, 'link', link, 'http', http,
     'state', state, 'wanted', wanted, 'age', floor(extract(epoch from clock_timestamp() - seen) * 1000),
     'figures', figures) order by name), '[]')
   from katcp_fleet.runner where seen > now() - interval '1 day') as runners`

/**
 * Claims of devices under their salts ($1) by a runner ($2) with its epoch ($3). A device is free if nobody holds it, or its
 * holder is gone: the cluster may take a shard from a runner that is alive before that one has closed its connections, if the
 * database is slow. A holder that was not heard of for some milliseconds ($4) counts as gone. The rows of devices that are
 * not free say that somebody waits, as of the last second: writing that with each claim would change each row ten times a
 * second.
 */
export const claimDevices = `with given as (
    select value->>'device' as name, (value->>'salt')::int4 as salt, place
    from jsonb_array_elements($1::text::jsonb) with ordinality as claim(value, place)
  ), free as (
    select device.name from katcp_fleet.device as device
    join given on given.name = device.name and given.salt = device.salt
    where device.wished
      and exists (select 1 from katcp_fleet.runner where name = $2 and epoch = $3::int8)
      -- a subquery, not a join: of two runners that ask at once the second one waits, and looks at it anew
      and (device.runner is null or device.runner = $2 or not exists (
        select 1 from katcp_fleet.runner as holder where holder.name = device.runner and holder.state <> 'gone'
          and holder.seen >= now() - $4::float8 * interval '1 millisecond'))
    order by device.name for update of device
  ), next as materialized (
    select nextval('katcp_fleet.epoch') as epoch
  ), taken as (
    update katcp_fleet.device as device set epoch = next.epoch, runner = $2, since = now(),
      state = '', error = null, asked = null
    from free, next where free.name = device.name returning device.name, device.salt, device.epoch, device.section
  ), busy as (
    select device.name from katcp_fleet.device as device
    join given on given.name = device.name and given.salt = device.salt
    where device.wished and device.runner <> $2 and not exists (select 1 from free where free.name = device.name)
      and exists (select 1 from katcp_fleet.runner where name = $2 and epoch = $3::int8)
      and coalesce(device.asked < now() - interval '1 second', true)
    -- a row that is being changed is marked by the next claim
    order by device.name for update of device skip locked
  ), marked as (
    update katcp_fleet.device as device set asked = now() from busy where busy.name = device.name
  )
  select taken.epoch::float8 as epoch, taken.section, found.runner,
    coalesce(found.wished and found.salt = given.salt, false) as wanted
  from given left join taken on taken.name = given.name and taken.salt = given.salt
  left join katcp_fleet.device as found on found.name = given.name
  order by given.place`

/**
 * Renews the heartbeat of a runner ($1) with its epoch ($2), and returns those of its devices with their epochs ($3) that it
 * must give up: another runner waits for them or holds them, or they are not wanted. All of them, if a later runner has its
 * name.
 */
export const handOverDevices = `with alive as (
    update katcp_fleet.runner set seen = now() where name = $1 and epoch = $2::int8 returning name
  )
  select value->>'device' as name from jsonb_array_elements($3::text::jsonb) as held(value)
  left join katcp_fleet.device as device on device.name = value->>'device'
  where not coalesce(device.wished and device.runner = $1 and device.epoch = (value->>'epoch')::int8, false)
    or device.asked > now() - interval '3 seconds' or not exists (select 1 from alive)`

export const putDevices = `insert into katcp_fleet.device as stands(name, section, labels)
  select value->>'device', value->'section', value->'labels' from jsonb_array_elements($1::text::jsonb)
  on conflict(name) do update set section = excluded.section, labels = excluded.labels, wished = true`

export const removeDevices = `update katcp_fleet.device set wished = false, epoch = nextval('katcp_fleet.epoch'), prefers = null
  where wished and name in (select jsonb_array_elements_text($1::text::jsonb)) returning name`

export const reportStates = `update katcp_fleet.device as device
  set state = value->>'state', error = value->>'error'
  from jsonb_array_elements($1::text::jsonb) as told(value)
  where device.name = value->>'device' and device.epoch = (value->>'epoch')::int8`

/** A device that was removed has a later epoch than its holder knows of. */
export const releaseDevices = `update katcp_fleet.device as device
  set runner = null, since = null, state = '', error = null, released = (value->>'epoch')::int8
  from jsonb_array_elements($2::text::jsonb) as given(value)
  where device.name = value->>'device' and device.runner = $1
    and (device.epoch = (value->>'epoch')::int8 or not device.wished)`

/**
 * Registers a runner ($1) with its addresses ($2, $3, $4), unless one at another address has the name and was heard of
 * within some milliseconds ($5).
 */
export const enlistRunner = `insert into katcp_fleet.runner as stands(name, epoch, cluster, link, http, state, seen, started)
  values($1, 1, $2, $3, $4, 'up', now(), now())
  on conflict(name) do update set epoch = stands.epoch + 1, cluster = excluded.cluster, link = excluded.link,
    http = excluded.http, state = 'up', seen = now(), started = now()
    where stands.cluster = excluded.cluster or stands.state = 'gone'
      or stands.seen < now() - $5::float8 * interval '1 millisecond'
  returning epoch::float8 as epoch`

/** The runner that has a name ($1). */
export const holderOfName = `select name, cluster, floor(extract(epoch from started) * 1000)::float8 as started
  from katcp_fleet.runner where name = $1`

export const beatOfRunner = `update katcp_fleet.runner
  set seen = now(), state = $3, figures = $4::text::jsonb, cluster = $5, link = $6, http = $7
  where name = $1 and epoch = $2::int8 returning wanted`

export const takeTask = `insert into katcp_fleet.task as stands(name, epoch, runner) values($1, 1, $2)
  on conflict(name) do update set epoch = stands.epoch + 1, runner = excluded.runner returning epoch::float8 as epoch`
