// node session.mjs SDK-FOLDER CONNECTION USER PASSWORD BUCKET OPERATIONS SEED OUT
//
// Does so many operations of every kind with the Couchbase SDK, checks each answer against what the document must be, and
// writes the final state to OUT, a JSON object a line. Prints how many operations of each kind were done. Ends with 1 and
// the reason if an answer is not what it must be.
import { createRequire } from 'node:module'
import { writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { ExpectedDocument } from './expected-document.mjs'
import { kindsOf } from './operations.mjs'

const [sdkFolder, connection, username, password, bucketName, operationsText, seedText, out] = process.argv.slice(2)
const couchbase = createRequire(`${sdkFolder}/`)('couchbase')
const WORKERS = 24
const EXPIRY_DEADLINE_MS = 30_000
const counts = {}

/** Counts an operation and waits for its answer. */
async function done(kind, promise) {
  counts[kind] = (counts[kind] ?? 0) + 1
  return await promise
}

/** The operation must fail, with this error. */
async function refused(kind, errorType, promise) {
  let answer
  try {
    answer = await done(kind, promise)
  } catch (error) {
    if (error instanceof errorType) return
    throw new Error(`${kind} failed with ${error.constructor.name} (${error.message}, ${error.cause?.message}), not with ${errorType.name}`)
  }
  throw new Error(`${kind} should have failed with ${errorType.name}, and gave ${JSON.stringify(answer)}`)
}

function same(what, expected, actual) {
  if (!isDeepStrictEqual(expected, actual)) throw new Error(`${what} is ${JSON.stringify(actual)}, and must be ${JSON.stringify(expected)}`)
}

function near(what, expected, actual, tolerance) {
  if (!(Math.abs(expected - actual) <= tolerance)) throw new Error(`${what} is ${actual}, and must be about ${expected}`)
}

/** Mulberry32: the same seed gives the same session. */
function randomOf(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  return { below: (limit) => Math.floor(next() * limit), pick: (list) => list[Math.floor(next() * list.length)] }
}

/** Scopes and collections are made by the SDK too. */
async function collectionsOf(bucket) {
  const manager = bucket.collections()
  await done('createScope', manager.createScope('shop'))
  await done('createCollection', manager.createCollection('orders', 'shop'))
  await done('createCollection', manager.createCollection('dropped', 'shop'))
  await done('createCollection', manager.createCollection('carts', 'shop', { maxExpiry: 500_000 }))
  await refused('createScope', couchbase.ScopeExistsError, manager.createScope('shop'))
  await refused('createCollection', couchbase.CollectionExistsError, manager.createCollection('orders', 'shop'))
  await done('upsert', bucket.scope('shop').collection('dropped').upsert('gone with its collection', {}))
  await done('dropCollection', manager.dropCollection('dropped', 'shop'))
  const scopes = await done('getAllScopes', manager.getAllScopes())
  same('the collections of shop', ['carts', 'orders'], scopes.find((scope) => scope.name === 'shop').collections.map((collection) => collection.name).sort())
  await refused('get', couchbase.TimeoutError, bucket.scope('shop').collection('missing').get('k', { timeout: 300 }))
  return [bucket.defaultCollection(), bucket.scope('shop').collection('orders')]
}

async function work(context, worker, operations) {
  const random = randomOf(Number(seedText) * 1000 + worker)
  const documents = []
  for (const [index, collection] of context.collections.entries())
    for (const form of ['json', 'json', 'json', 'json', 'json', 'json', 'bytes', 'text', 'counter'])
      documents.push(Object.assign(new ExpectedDocument(collection, `${form}:${worker}:${index}:${documents.length}`), { form }))
  const kinds = kindsOf({ couchbase, random, done, refused, same, near })
  for (let i = 0; i < operations; i++) {
    const document = random.pick(documents)
    const possible = kinds.filter((kind) => kind.forms.includes(document.form) && (kind.when === 'any' || (kind.when === 'present') === document.isPresent))
    const kind = random.pick(possible)
    try {
      await kind.run(document)
    } catch (error) {
      throw new Error(`worker ${worker}, operation ${i}, ${kind.name} of ${document.path} ${document.key}: ${error.message}`, { cause: error })
    }
  }
  return documents
}

/** Documents that live for a second, by each way to say so. */
async function beginShortLives(collections) {
  const documents = []
  for (const collection of collections)
    for (let i = 0; i < 30; i++) {
      const document = new ExpectedDocument(collection, `short:${i}`)
      documents.push(document)
      if (i % 3 === 0) {
        await done('upsert with expiry', collection.upsert(document.key, { i }, { expiry: 1 }))
        continue
      }
      await done('upsert', collection.upsert(document.key, { i }))
      if (i % 3 === 1) await done('touch', collection.touch(document.key, 1))
      else await done('getAndTouch', collection.getAndTouch(document.key, 1))
    }
  return documents
}

async function endShortLives(documents) {
  const deadline = Date.now() + EXPIRY_DEADLINE_MS
  for (const document of documents) {
    while ((await done('exists', document.collection.exists(document.key))).exists) {
      if (Date.now() > deadline) throw new Error(`${document.key} should have expired long ago`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await refused('get', couchbase.DocumentNotFoundError, document.collection.get(document.key))
    document.expire()
  }
}

const started = Date.now()
const cluster = await couchbase.connect(connection, { username, password })
const context = { collections: await collectionsOf(cluster.bucket(bucketName)) }
const short = await beginShortLives(context.collections)
const share = Math.ceil(Number(operationsText) / WORKERS)
const documents = (await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(context, worker, share)))).flat()
await endShortLives(short)
await done('ping', cluster.bucket(bucketName).ping({ serviceTypes: [couchbase.ServiceType.KeyValue] }))
await cluster.close()
writeFileSync(out, [...documents, ...short].filter((document) => document.state !== 'never').map((document) => JSON.stringify(document.toLine()) + '\n').join(''))
console.log(JSON.stringify({ operations: Object.values(counts).reduce((sum, count) => sum + count, 0), seconds: (Date.now() - started) / 1000, counts }))
