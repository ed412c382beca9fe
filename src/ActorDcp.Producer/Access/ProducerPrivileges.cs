namespace ActorDcp.Producer.Access;

/// <summary>What a user may do, by Couchbase's names.</summary>
[Flags]
public enum ProducerPrivileges
{
    /// <summary>Nothing: not even the bucket can be selected.</summary>
    None = 0,
    /// <summary>Read documents.</summary>
    Read = 0x0001,
    /// <summary>Make new documents.</summary>
    Insert = 0x0002,
    /// <summary>Make and change documents.</summary>
    Upsert = 0x0004,
    /// <summary>Delete documents.</summary>
    Delete = 0x0008,
    /// <summary>Read documents' revision and other metadata.</summary>
    MetaRead = 0x0010,
    /// <summary>Write documents with metadata of the client's choice.</summary>
    MetaWrite = 0x0020,
    /// <summary>Read extended attributes whose name begins with an underscore.</summary>
    SystemXattrRead = 0x0040,
    /// <summary>Write such attributes.</summary>
    SystemXattrWrite = 0x0080,
    /// <summary>Open DCP connections that are sent changes.</summary>
    DcpProducer = 0x0100,
    /// <summary>Open DCP connections that send changes.</summary>
    DcpConsumer = 0x0200,
    /// <summary>Ask for streams.</summary>
    DcpStream = 0x0400,
    /// <summary>Statistics.</summary>
    SimpleStats = 0x0800,
    /// <summary>All statistics.</summary>
    Stats = 0x1000,
    /// <summary>Keep connections that say nothing.</summary>
    IdleConnection = 0x2000,
    /// <summary>Read settings that concern the node.</summary>
    SystemSettings = 0x4000,
    /// <summary>Manage vbuckets, maps and manifests.</summary>
    NodeSupervisor = 0x8000,

    /// <summary>Read documents, and nothing else.</summary>
    DataReader = Read | SimpleStats,
    /// <summary>Read and change documents.</summary>
    DataWriter = DataReader | Insert | Upsert | Delete,
    /// <summary>What a DCP client needs.</summary>
    DcpReader = Read | SimpleStats | Stats | DcpProducer | DcpStream | SystemXattrRead | IdleConnection | SystemSettings,
    /// <summary>Everything, management over HTTP included.</summary>
    All = 0x7fff_ffff,
}
