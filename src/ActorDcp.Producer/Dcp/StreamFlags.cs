namespace ActorDcp.Producer.Dcp;

/// <summary>Flags of a stream request (dcp-reference.md 3.3).</summary>
[Flags]
internal enum StreamFlags : uint
{
    None = 0,
    TakeOver = 0x001,
    DiskOnly = 0x002,
    ToLatest = 0x004,
    NoValue = 0x008,
    ActiveVBucketOnly = 0x010,
    StrictVBucketUuid = 0x020,
    FromLatest = 0x040,
    IgnorePurgedTombstones = 0x080,
    Known = 0x0ff,
}
