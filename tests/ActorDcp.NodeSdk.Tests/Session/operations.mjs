import { Flags } from './expected-document.mjs'

const LIVES = [1_000, 86_400, 2_000_000]
const CLOCKS_DIFFER_BY = 3

/** Every kind of operation that a worker can choose: what it is for, and what it does to the SDK and to the expected document. */
export function kindsOf({ couchbase, random, done, refused, same, near }) {
  const { LookupInSpec, MutateInSpec, MutateInMacro, DurabilityLevel, StoreSemantics } = couchbase
  const levels = [DurabilityLevel.Majority, DurabilityLevel.MajorityAndPersistOnMaster, DurabilityLevel.PersistToMajority]
  const now = () => Math.floor(Date.now() / 1000)
  const kinds = []
  const add = (name, when, forms, run) => kinds.push({ name, when, forms, run: (document) => run(document, document.collection, document.key) })
  const json = ['json']
  const whole = ['json', 'bytes', 'text']
  const every = ['json', 'bytes', 'text', 'counter']

  function newContent(form) {
    const padding = 'x'.repeat(random.below(4) === 0 ? random.below(3_000) : random.below(60))
    if (form === 'bytes') return Buffer.from(`\xff\x00${padding}${random.below(1e9)}`, 'latin1')
    if (form === 'text') return `text ${padding} ${random.below(1e9)} äöü`
    return { n: random.below(1_000), name: `name ${padding}`, tags: ['a', random.below(100)], unique: [], nested: { deep: { er: true } } }
  }

  const storedOf = (content) => (Buffer.isBuffer(content) ? content : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)))
  const flagsOf = (content) => (Buffer.isBuffer(content) ? Flags.binary : typeof content === 'string' ? Flags.text : Flags.json)
  const store = (document, content, cas, expiry = 0) => document.store(content, storedOf(content), flagsOf(content), cas, expiry)

  // whole documents

  for (const name of ['upsert', 'upsert again'])
    add(name, name === 'upsert' ? 'any' : 'present', whole, async (document, collection, key) => {
      const content = newContent(document.form)
      store(document, content, (await done('upsert', collection.upsert(key, content))).cas)
    })
  add('upsert with expiry', 'any', whole, async (document, collection, key) => {
    const content = newContent(document.form)
    const life = random.pick(LIVES)
    const { cas } = await done('upsert with expiry', collection.upsert(key, content, { expiry: life }))
    store(document, content, cas, now() + life)
  })
  add('upsert with a date', 'any', json, async (document, collection, key) => {
    const content = newContent('json')
    const expiry = now() + 90 * 86_400
    store(document, content, (await done('upsert with expiry', collection.upsert(key, content, { expiry: new Date(expiry * 1000) }))).cas, expiry)
  })
  add('upsert that preserves expiry', 'any', whole, async (document, collection, key) => {
    const content = newContent(document.form)
    const { cas } = await done('upsert with preserveExpiry', collection.upsert(key, content, { preserveExpiry: true }))
    store(document, content, cas, document.expiry)
  })
  add('insert', 'absent', whole, async (document, collection, key) => {
    const content = newContent(document.form)
    store(document, content, (await done('insert', collection.insert(key, content))).cas)
  })
  add('insert of what is there', 'present', every, (document, collection, key) =>
    refused('insert', couchbase.DocumentExistsError, collection.insert(key, 1)))
  add('replace', 'present', whole, async (document, collection, key) => {
    const content = newContent(document.form)
    store(document, content, (await done('replace', collection.replace(key, content))).cas)
  })
  add('replace that preserves expiry', 'present', whole, async (document, collection, key) => {
    const content = newContent(document.form)
    const { cas } = await done('replace with preserveExpiry', collection.replace(key, content, { preserveExpiry: true }))
    store(document, content, cas, document.expiry)
  })
  add('replace with cas', 'present', whole, async (document, collection, key) => {
    const content = newContent(document.form)
    const { cas } = await done('get', collection.get(key))
    store(document, content, (await done('replace with cas', collection.replace(key, content, { cas }))).cas)
  })
  add('replace with a stale cas', 'present', whole, async (document, collection, key) => {
    const { cas } = await done('get', collection.get(key))
    const content = newContent(document.form)
    store(document, content, (await done('upsert', collection.upsert(key, content))).cas)
    await refused('replace with cas', couchbase.CasMismatchError, collection.replace(key, content, { cas }))
  })
  add('replace of what is not there', 'absent', every, (document, collection, key) =>
    refused('replace', couchbase.DocumentNotFoundError, collection.replace(key, 1)))
  add('remove', 'present', every, async (document, collection, key) => document.remove((await done('remove', collection.remove(key))).cas))
  add('remove with cas', 'present', every, async (document, collection, key) => {
    const { cas } = await done('get', collection.get(key))
    document.remove((await done('remove with cas', collection.remove(key, { cas }))).cas)
  })
  add('remove of what is not there', 'absent', every, (document, collection, key) =>
    refused('remove', couchbase.DocumentNotFoundError, collection.remove(key)))

  // reads

  for (const name of ['get', 'get again'])
    add(name, 'present', every, async (document, collection, key) => {
      const got = await done('get', collection.get(key))
      same('the content', document.content, got.content)
      if (document.cas !== null) same('the cas', document.cas.toString(), got.cas.toString())
    })
  add('get of what is not there', 'absent', every, (document, collection, key) =>
    refused('get', couchbase.DocumentNotFoundError, collection.get(key)))
  add('get with expiry', 'present', json, async (document, collection, key) => {
    const got = await done('get with expiry', collection.get(key, { withExpiry: true }))
    same('the content', document.content, got.content)
    near('the expiry', document.expiry, got.expiryTime ?? 0, CLOCKS_DIFFER_BY)
  })
  add('get of a part', 'present', json, async (document, collection, key) => {
    const got = await done('get with project', collection.get(key, { project: ['n', 'nested.deep'] }))
    same('the part', { n: document.content.n, nested: { deep: document.content.nested.deep } }, got.content)
  })
  add('exists', 'any', every, async (document, collection, key) =>
    same('exists', document.isPresent, (await done('exists', collection.exists(key))).exists))
  add('get from any replica', 'present', every, async (document, collection, key) => {
    const got = await done('getAnyReplica', collection.getAnyReplica(key))
    // a replica may lag
    if (!got.isReplica) same('the content', document.content, got.content)
  })

  // expiry

  add('touch', 'present', every, async (document, collection, key) => {
    const life = random.pick([0, ...LIVES])
    document.cas = (await done('touch', collection.touch(key, life))).cas
    document.expiry = life === 0 ? 0 : now() + life
  })
  add('touch of what is not there', 'absent', every, (document, collection, key) =>
    refused('touch', couchbase.DocumentNotFoundError, collection.touch(key, 10)))
  add('getAndTouch', 'present', every, async (document, collection, key) => {
    const life = random.pick([0, ...LIVES])
    const got = await done('getAndTouch', collection.getAndTouch(key, life))
    same('the content', document.content, got.content)
    document.cas = got.cas
    document.expiry = life === 0 ? 0 : now() + life
  })

  // locks

  add('lock and unlock', 'present', every, async (document, collection, key) => {
    const got = await done('getAndLock', collection.getAndLock(key, 15))
    same('the content', document.content, got.content)
    same('the content of a locked document', document.content, (await done('get', collection.get(key))).content)
    await done('unlock', collection.unlock(key, got.cas))
    // a lock gives a document a cas of its own, which is told to nobody else
    document.cas = null
  })
  add('lock and replace', 'present', whole, async (document, collection, key) => {
    const { cas } = await done('getAndLock', collection.getAndLock(key, 15))
    const content = newContent(document.form)
    store(document, content, (await done('replace with cas', collection.replace(key, content, { cas }))).cas)
  })
  add('lock and remove', 'present', every, async (document, collection, key) => {
    const { cas } = await done('getAndLock', collection.getAndLock(key, 15))
    document.remove((await done('remove with cas', collection.remove(key, { cas }))).cas)
  })
  add('lock against others', 'present', every, async (document, collection, key) => {
    if (random.below(10) !== 0) return
    const { cas } = await done('getAndLock', collection.getAndLock(key, 15))
    await refused('upsert of a locked document', couchbase.TimeoutError, collection.upsert(key, 1, { timeout: 60 }))
    await refused('unlock', couchbase.CasMismatchError, collection.unlock(key, '1'))
    await done('unlock', collection.unlock(key, cas))
    document.cas = null
  })
  add('unlock of what is not locked', 'present', every, (document, collection, key) =>
    refused('unlock', couchbase.DocumentNotLockedError, collection.unlock(key, '1')))

  // numbers and bytes

  for (const sign of [1, -1])
    add(sign > 0 ? 'increment' : 'decrement', 'any', ['counter'], async (document, collection, key) => {
      const delta = 1 + random.below(20)
      const initial = random.below(1_000)
      const call = sign > 0 ? 'increment' : 'decrement'
      const got = await done(call, collection.binary()[call](key, delta, { initial }))
      const wanted = document.isPresent ? Math.max(0, document.content + sign * delta) : initial
      same('the number', wanted, got.value)
      const { expiry, flags } = document
      const isNew = !document.isPresent
      document.store(wanted, Buffer.from(String(wanted)), isNew ? null : flags, got.cas, isNew ? 0 : expiry)
    })
  add('count without a beginning', 'absent', ['counter'], (document, collection, key) =>
    refused('increment', couchbase.DocumentNotFoundError, collection.binary().increment(key, 1)))
  for (const call of ['append', 'prepend'])
    add(call, 'present', ['bytes'], async (document, collection, key) => {
      const more = Buffer.from(`+${random.below(1_000)}`)
      const { cas } = await done(call, collection.binary()[call](key, more))
      const bytes = Buffer.concat(call === 'append' ? [document.content, more] : [more, document.content])
      document.content = document.stored = bytes
      document.cas = cas
    })
  add('append to what is not there', 'absent', ['bytes'], (document, collection, key) =>
    refused('append', couchbase.DocumentNotFoundError, collection.binary().append(key, Buffer.from('x'))))

  // parts of documents

  add('lookupIn', 'present', json, async (document, collection, key) => {
    const got = await done('lookupIn', collection.lookupIn(key, [
      LookupInSpec.get('n'), LookupInSpec.get('nested.deep.er'), LookupInSpec.exists('nowhere'), LookupInSpec.count('tags'),
      LookupInSpec.get('tags[0]'), LookupInSpec.get('tags[-1]'), LookupInSpec.get('nowhere.at.all'), LookupInSpec.get('name.of.text'),
    ]))
    const { n, tags, nested } = document.content
    same('the parts', [n, nested.deep.er, false, tags.length, tags[0], tags.at(-1)], got.content.slice(0, 6).map((part) => part.value))
    same('the errors', ['PathNotFoundError', 'PathMismatchError'], got.content.slice(6).map((part) => part.error?.constructor.name))
  })
  add('lookupIn of attributes', 'present', json, async (document, collection, key) => {
    const got = await done('lookupIn xattrs', collection.lookupIn(key, [
      LookupInSpec.get('$document', { xattr: true }), LookupInSpec.exists('m', { xattr: true }), LookupInSpec.get(''),
    ]))
    const about = got.content[0].value
    near('exptime', document.expiry, about.exptime, CLOCKS_DIFFER_BY)
    same('deleted', false, about.deleted)
    same('has xattrs', document.xattrs?.m !== undefined, got.content[1].value)
    same('the content', document.content, got.content[2].value)
  })
  add('lookupIn of what is not there', 'absent', json, (document, collection, key) =>
    refused('lookupIn', couchbase.DocumentNotFoundError, collection.lookupIn(key, [LookupInSpec.get('n')])))

  const edit = (name, specsOf) =>
    add(name, 'present', json, async (document, collection, key) => {
      const content = structuredClone(document.content)
      const specs = specsOf(content)
      const { cas } = await done(`mutateIn ${name}`, collection.mutateIn(key, specs))
      document.content = content
      document.edited(cas)
    })
  edit('upsert', (content) => {
    const field = `f${random.below(5)}`
    content[field] = { v: random.below(1_000) }
    content.name = `renamed ${random.below(1_000)}`
    return [MutateInSpec.upsert(field, content[field]), MutateInSpec.replace('name', content.name)]
  })
  edit('insert and remove', (content) => {
    const field = `g${random.below(1e9)}`
    content.nested.made ??= {}
    content.nested.made[field] = [field]
    const specs = [MutateInSpec.insert(`nested.made.${field}`, [field], { createPath: true })]
    if (content.f0) {
      delete content.f0
      specs.push(MutateInSpec.remove('f0'))
    }
    return specs
  })
  edit('arrays', (content) => {
    const [last, first, second] = [random.below(100), `first ${random.below(100)}`, null]
    content.tags.push(last, true)
    content.tags.unshift(first)
    content.tags.splice(1, 0, second)
    return [
      MutateInSpec.arrayAppend('tags', [last, true], { multi: true }), MutateInSpec.arrayPrepend('tags', first), MutateInSpec.arrayInsert('tags[1]', second),
    ]
  })
  edit('shorter arrays', (content) => {
    content.tags.shift()
    content.tags.push(0)
    return [MutateInSpec.remove('tags[0]'), MutateInSpec.arrayAppend('tags', 0)]
  })
  add('arrayAddUnique', 'present', json, async (document, collection, key) => {
    const value = random.below(6)
    const adds = collection.mutateIn.bind(collection, key, [MutateInSpec.arrayAddUnique('unique', value)])
    if (document.content.unique.includes(value)) return refused('mutateIn arrayAddUnique', couchbase.PathExistsError, adds())
    const { cas } = await done('mutateIn arrayAddUnique', adds())
    document.content.unique.push(value)
    document.edited(cas)
  })
  add('counting in a document', 'present', json, async (document, collection, key) => {
    const up = random.below(2) === 0
    const delta = 1 + random.below(50)
    const got = await done('mutateIn counter', collection.mutateIn(key, [up ? MutateInSpec.increment('n', delta) : MutateInSpec.decrement('n', delta)]))
    document.content.n += up ? delta : -delta
    same('the count', document.content.n, got.content[0].value)
    document.edited(got.cas)
  })
  add('insert of a path that is there', 'present', json, (document, collection, key) =>
    refused('mutateIn insert', couchbase.PathExistsError, collection.mutateIn(key, [MutateInSpec.insert('n', 1)])))
  add('replace of a path that is not there', 'present', json, (document, collection, key) =>
    refused('mutateIn replace', couchbase.PathNotFoundError, collection.mutateIn(key, [MutateInSpec.upsert('x', 1), MutateInSpec.replace('no.where', 1)])))
  add('mutateIn of what is not there', 'absent', json, (document, collection, key) =>
    refused('mutateIn', couchbase.DocumentNotFoundError, collection.mutateIn(key, [MutateInSpec.upsert('n', 1)])))
  for (const semantics of ['Insert', 'Upsert'])
    add(`mutateIn that makes the document by ${semantics}`, 'absent', json, async (document, collection, key) => {
      const content = newContent('json')
      const specs = Object.entries(content).map(([field, value]) => MutateInSpec.upsert(field, value))
      const { cas } = await done('mutateIn of a new document', collection.mutateIn(key, specs, { storeSemantics: StoreSemantics[semantics] }))
      document.store(content, null, null, cas)
    })
  add('xattr', 'present', json, async (document, collection, key) => {
    const value = { by: `me ${random.below(1_000)}`, list: [1, null] }
    const { cas } = await done('mutateIn xattr', collection.mutateIn(key, [MutateInSpec.upsert('m', value, { xattr: true })]))
    document.xattrs = { ...document.xattrs, m: value }
    document.cas = cas
    const got = await done('lookupIn xattrs', collection.lookupIn(key, [LookupInSpec.get('m', { xattr: true }), LookupInSpec.get('m.list[0]', { xattr: true })]))
    same('the attribute', [value, 1], got.content.map((part) => part.value))
  })
  add('xattr with a macro', 'present', json, async (document, collection, key) => {
    const { cas } = await done('mutateIn xattr', collection.mutateIn(key, [
      MutateInSpec.upsert('at.cas', MutateInMacro.Cas, { createPath: true }), MutateInSpec.upsert('name', 'with cas'),
    ]))
    document.xattrs = { ...document.xattrs, at: null }
    document.areXattrsExact = false
    document.content = { ...document.content, name: 'with cas' }
    document.edited(cas)
    const got = await done('lookupIn xattrs', collection.lookupIn(key, [LookupInSpec.get('at.cas', { xattr: true })]))
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(BigInt(cas.toString()))
    same('the macro', `0x${bytes.toString('hex')}`, got.content[0].value)
  })

  // durable writes

  add('durable upsert', 'any', whole, async (document, collection, key) => {
    const content = newContent(document.form)
    store(document, content, (await done('upsert, durable', collection.upsert(key, content, { durabilityLevel: random.pick(levels) }))).cas)
  })
  add('durable insert', 'absent', whole, async (document, collection, key) => {
    const content = newContent(document.form)
    store(document, content, (await done('insert, durable', collection.insert(key, content, { durabilityLevel: random.pick(levels) }))).cas)
  })
  add('durable replace', 'present', whole, async (document, collection, key) => {
    const content = newContent(document.form)
    store(document, content, (await done('replace, durable', collection.replace(key, content, { durabilityLevel: random.pick(levels) }))).cas)
  })
  add('durable remove', 'present', every, async (document, collection, key) =>
    document.remove((await done('remove, durable', collection.remove(key, { durabilityLevel: random.pick(levels) }))).cas))
  add('durable mutateIn', 'present', json, async (document, collection, key) => {
    const { cas } = await done('mutateIn, durable', collection.mutateIn(key, [MutateInSpec.upsert('durable', true)], { durabilityLevel: random.pick(levels) }))
    document.content = { ...document.content, durable: true }
    document.edited(cas)
  })
  return kinds
}
