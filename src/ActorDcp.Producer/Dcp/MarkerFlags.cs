namespace ActorDcp.Producer.Dcp;

/// <summary>Flags of a snapshot marker (dcp-reference.md 3.8).</summary>
[Flags]
internal enum MarkerFlags : uint
{
    None = 0,
    Memory = 0x01,
    Disk = 0x02,
    Checkpoint = 0x04,
    Acknowledge = 0x08,
}
