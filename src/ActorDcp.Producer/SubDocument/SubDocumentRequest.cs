using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>A sub-document request that was read and found well formed.</summary>
internal sealed record SubDocumentRequest
{
    public required IReadOnlyList<PathOperation> Operations { get; init; }

    public required bool IsMutation { get; init; }

    public required bool IsMulti { get; init; }

    public DocumentFlags Flags { get; init; }

    /// <summary>Expiry field as it came; null where the expiry stays.</summary>
    public uint? Expiry { get; init; }

    public bool PreserveExpiry { get; init; }

    public ulong Cas { get; init; }

    /// <summary>Whether paths may lie in attributes of the system.</summary>
    public bool MayTouchSystemXattrs { get; init; } = true;

    public bool Has(DocumentFlags flag) => (Flags & flag) != 0;

    /// <summary>Whether the body of a document that is made begins as an array.</summary>
    public bool RootIsArray => Operations.FirstOrDefault(operation => !operation.IsXattr) is { } first
        && (first.Path is [(byte)'[', ..] || (first.Path.Length == 0
            && first.Opcode is Opcode.SubdocArrayPushFirst or Opcode.SubdocArrayPushLast or Opcode.SubdocArrayAddUnique));
}
