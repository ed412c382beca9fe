import { createHash } from 'node:crypto'

export const Flags = { json: 0x02000000, binary: 0x03000002, text: 0x04000004, none: 0 }

/** What a document must be after everything that was done to it. One worker owns it, so nothing else changes it. */
export class ExpectedDocument {
  constructor(collection, key) {
    this.collection = collection
    this.key = key
    this.path = `${collection.scope.name}.${collection.name}`
    this.state = 'never' // never, mutation, deletion, expiration
    this.forget()
  }

  get isPresent() {
    return this.state === 'mutation'
  }

  /** Whole new contents. `stored` are the exact bytes, where they are known. */
  store(content, stored, flags, cas, expiry = 0) {
    this.state = 'mutation'
    this.content = content
    this.stored = stored
    this.flags = flags
    this.cas = cas
    this.expiry = expiry
  }

  /** The server changed the contents in a way of its own: equal, but not known byte by byte. */
  edited(cas) {
    this.stored = null
    this.cas = cas
  }

  remove(cas) {
    this.forget()
    this.state = 'deletion'
    this.cas = cas
  }

  expire() {
    this.forget()
    this.state = 'expiration'
  }

  forget() {
    this.content = undefined
    this.stored = null
    this.flags = Flags.none
    this.cas = null
    this.expiry = 0
    this.xattrs = null
    this.areXattrsExact = true
  }

  /** One line for those who compare. A value of null is one that cannot be told beforehand. */
  toLine() {
    const line = { path: this.path, key: this.key, type: this.state, cas: this.cas && this.cas.toString(), xattrs: this.xattrs !== null }
    if (!this.isPresent) return line
    line.flags = this.flags
    line.expiry = this.expiry
    if (Buffer.isBuffer(this.content) || typeof this.content === 'string') line.value_base64 = Buffer.from(this.content).toString('base64')
    else line.value = this.content
    if (this.stored !== null && this.areXattrsExact) {
      const whole = Buffer.concat([this.#xattrSection(), this.stored])
      line.len = whole.length
      line.sha1 = createHash('sha1').update(whole).digest('hex')
    }
    return line
  }

  /** u32 length of the section, then for each attribute u32 length, key NUL value NUL (dcp-reference.md 1.7). */
  #xattrSection() {
    if (this.xattrs === null) return Buffer.alloc(0)
    const pairs = Object.entries(this.xattrs).map(([key, value]) => {
      const text = Buffer.from(`${key}\0${JSON.stringify(value)}\0`)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(text.length)
      return Buffer.concat([length, text])
    })
    const section = Buffer.concat(pairs)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(section.length)
    return Buffer.concat([length, section])
  }
}
