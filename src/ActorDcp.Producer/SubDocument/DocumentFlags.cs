namespace ActorDcp.Producer.SubDocument;

/// <summary>Flags of a whole sub-document request (dcp-reference.md 3.21).</summary>
[Flags]
internal enum DocumentFlags : byte
{
    None = 0,
    /// <summary>Makes the document if it is missing.</summary>
    MakeDocument = 0x01,
    /// <summary>Makes the document, which must be missing.</summary>
    Add = 0x02,
    /// <summary>Works on deleted documents too.</summary>
    AccessDeleted = 0x04,
    /// <summary>What is made is a tombstone.</summary>
    CreateAsDeleted = 0x08,
    /// <summary>Makes a document of a tombstone.</summary>
    Revive = 0x10,
    /// <summary>Reads from a replica.</summary>
    ReplicaRead = 0x20,
}
