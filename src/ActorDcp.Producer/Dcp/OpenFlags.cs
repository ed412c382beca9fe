namespace ActorDcp.Producer.Dcp;

/// <summary>Flags of DCP OPEN (dcp-reference.md 3.1).</summary>
[Flags]
internal enum OpenFlags : uint
{
    None = 0,
    Producer = 0x001,
    IncludeXattrs = 0x004,
    NoValue = 0x008,
    IncludeDeleteTimes = 0x020,
    NoValueWithUnderlyingDatatype = 0x040,
    PointInTime = 0x080,
    IncludeDeletedUserXattrs = 0x100,
}
