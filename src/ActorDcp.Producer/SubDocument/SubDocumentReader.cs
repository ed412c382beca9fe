using System.Buffers.Binary;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>Reads and checks sub-document requests, with the statuses and words of a Couchbase node (dcp-reference.md 3.21).</summary>
internal static class SubDocumentReader
{
    private const int MaxPaths = 16;
    private const int LookupSpec = 4;
    private const int MutationSpec = 8;

    public static bool IsSubDocument(Opcode opcode) => opcode is >= Opcode.SubdocGet and <= Opcode.SubdocReplaceBodyWithXattr;

    public static bool IsMutation(Opcode opcode) => opcode is Opcode.SubdocMultiMutation
        || (opcode != Opcode.SubdocMultiLookup && PathTraits.Of(opcode) is { IsMutation: true });

    public static Status TryRead(in Frame frame, bool allowsXattrs, out SubDocumentRequest request, out string? fault) =>
        frame.Header.Opcode is Opcode.SubdocMultiLookup or Opcode.SubdocMultiMutation
            ? TryReadMulti(frame, allowsXattrs, out request, out fault)
            : TryReadSingle(frame, allowsXattrs, out request, out fault);

    /// <summary>Extras: @0 u16 path length; @2 u8 path flags; [u32 expiry] [u8 document flags]. Value: path, then value.</summary>
    private static Status TryReadSingle(in Frame frame, bool allowsXattrs, out SubDocumentRequest request, out string? fault)
    {
        request = null!;
        var extras = frame.Extras;
        var traits = PathTraits.Of(frame.Header.Opcode)!.Value;
        if (extras.Length is not (3 or 4 or 7 or 8) || (!traits.IsMutation && extras.Length > 4))
            return Refuse("Request extras invalid", out fault);
        int pathLength = BinaryPrimitives.ReadUInt16BigEndian(extras);
        if (pathLength > frame.Value.Length)
            return Refuse("Path length can't exceed value", out fault);
        var operation = new PathOperation(
            frame.Header.Opcode, (PathFlags)extras[2], frame.Value[..pathLength].ToArray(), frame.Value[pathLength..].ToArray());
        request = new SubDocumentRequest
        {
            Operations = [operation],
            IsMutation = traits.IsMutation,
            IsMulti = false,
            Flags = extras.Length is 4 or 8 ? (DocumentFlags)extras[^1] : 0,
            Expiry = extras.Length >= 7 ? BinaryPrimitives.ReadUInt32BigEndian(extras[3..]) : null,
            Cas = frame.Header.Cas,
        };
        var status = CheckOperation(operation, traits, allowsXattrs, out fault);
        return status == Status.Success ? CheckFlags(request, out fault) : status;
    }

    /// <summary>Extras: [u32 expiry] [u8 document flags]. Value: per path u8 opcode, u8 flags, u16 path length, [u32 value length], path, value.</summary>
    private static Status TryReadMulti(in Frame frame, bool allowsXattrs, out SubDocumentRequest request, out string? fault)
    {
        request = null!;
        var extras = frame.Extras;
        var isMutation = frame.Header.Opcode == Opcode.SubdocMultiMutation;
        if (extras.Length is not (0 or 1 or 4 or 5) || (!isMutation && extras.Length > 1))
            return Refuse("Request extras invalid", out fault);
        var operations = new List<PathOperation>();
        request = new SubDocumentRequest
        {
            Operations = operations,
            IsMutation = isMutation,
            IsMulti = true,
            Flags = extras.Length is 1 or 5 ? (DocumentFlags)extras[^1] : 0,
            Expiry = extras.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(extras) : null,
            Cas = frame.Header.Cas,
        };
        var status = CheckFlags(request, out fault);
        for (var rest = frame.Value; status == Status.Success && !rest.IsEmpty;)
        {
            if (operations.Count == MaxPaths)
                return Refuse($"Request must contain at most {MaxPaths} paths", out fault, Status.SubdocInvalidCombo);
            if (TryReadSpec(ref rest, isMutation, out fault) is not { } operation)
                return Status.InvalidArguments;
            status = CheckSpec(operation, operations, isMutation, allowsXattrs, out fault);
            operations.Add(operation);
        }
        if (status == Status.Success && operations.Count == 0)
            return Refuse("Request must contain at least one path", out fault, Status.SubdocInvalidCombo);
        return status;
    }

    private static PathOperation? TryReadSpec(ref ReadOnlySpan<byte> rest, bool isMutation, out string? fault)
    {
        var kind = isMutation ? "mutation" : "lookup";
        var header = isMutation ? MutationSpec : LookupSpec;
        fault = $"Multi {kind} spec truncated";
        if (rest.Length < header)
            return null;
        int path = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
        var value = isMutation ? BinaryPrimitives.ReadUInt32BigEndian(rest[4..]) : 0;
        fault = isMutation ? "Multi mutation path and value truncated" : "Multi lookup path truncated";
        if (header + path + (long)value > rest.Length)
            return null;
        fault = null;
        var operation = new PathOperation(
            (Opcode)rest[0], (PathFlags)rest[1], rest.Slice(header, path).ToArray(), rest.Slice(header + path, (int)value).ToArray());
        rest = rest[(header + path + (int)value)..];
        return operation;
    }

    private static Status CheckSpec(
        PathOperation operation, List<PathOperation> before, bool isMutation, bool allowsXattrs, out string? fault)
    {
        if (PathTraits.OfMulti(operation.Opcode) is not { } traits)
            return Refuse("Subdoc and MCBP command must not both be invalid", out fault, Status.SubdocInvalidCombo);
        if (traits.IsMutation != isMutation)
            return Refuse("Mutation opcodes only permitted for mutation commands", out fault, Status.SubdocInvalidCombo);
        var status = CheckOperation(operation, traits, allowsXattrs, out fault);
        if (status != Status.Success)
            return status;
        var bodyBegan = before.Exists(earlier => !earlier.IsXattr);
        if (bodyBegan && operation.IsXattr)
            return Status.SubdocInvalidXattrOrder;
        // deleting the document goes with nothing else that concerns the body
        if (before.Exists(earlier => earlier.Opcode == Opcode.Delete) || (bodyBegan && operation.Opcode == Opcode.Delete))
            return Refuse("Request contains an invalid combination of commands", out fault, Status.SubdocInvalidCombo);
        return Status.Success;
    }

    private static Status CheckOperation(PathOperation operation, in PathTraits traits, bool allowsXattrs, out string? fault)
    {
        if (traits.HasValue != operation.Value.Length > 0)
            return Refuse(traits.HasValue ? "Request must include value" : "Request must not include value", out fault);
        if ((operation.Flags & PathFlags.ExpandMacros) != 0 && !operation.IsXattr)
            return Refuse("EXPAND_MACROS flag requires XATTR flag to be set", out fault, Status.SubdocXattrInvalidFlagCombo);
        if ((operation.Flags & ~traits.Flags) != 0)
            return Refuse("Request flags invalid", out fault);
        if (operation.Opcode == Opcode.SubdocReplaceBodyWithXattr && !operation.IsXattr)
            return Refuse("Request missing mandatory flags", out fault);
        if (operation.Path.Length > DocumentPath.MaxLength)
            return Refuse("Request path length exceeds maximum", out fault);
        if (traits.IsWholeDocument && operation.Path.Length > 0)
            return Refuse("Request must not include path for wholedoc operations", out fault);
        if (operation.IsXattr)
            return XattrRules.Check(operation, traits.IsMutation, allowsXattrs, out fault);
        if (!traits.AllowsEmptyPath && operation.Path.Length == 0)
            return Refuse("Request must include path", out fault);
        fault = null;
        return Status.Success;
    }

    private static Status CheckFlags(SubDocumentRequest request, out string? fault)
    {
        const DocumentFlags Reading = DocumentFlags.AccessDeleted | DocumentFlags.ReplicaRead;
        const DocumentFlags Writing = DocumentFlags.MakeDocument | DocumentFlags.Add | DocumentFlags.AccessDeleted
            | DocumentFlags.CreateAsDeleted | DocumentFlags.Revive;
        if ((request.Flags & ~(request.IsMutation ? Writing : Reading)) != 0)
            return Refuse("Request document flags invalid", out fault);
        if (request.Has(DocumentFlags.CreateAsDeleted) && !request.Has(DocumentFlags.Add | DocumentFlags.MakeDocument))
            return Refuse("CreateAsDeleted requires Mkdoc or Add", out fault);
        if (request.Has(DocumentFlags.Add) && request.Cas != 0)
            return Refuse("Request with add flag must have CAS 0", out fault);
        if (request.Has(DocumentFlags.Add) && request.Has(DocumentFlags.MakeDocument))
            return Refuse("Request must not contain both add and mkdoc flags", out fault);
        if (request.Has(DocumentFlags.Revive) && !request.Has(DocumentFlags.AccessDeleted))
            return Refuse("ReviveDocument can't be used without AccessDeleted", out fault);
        if (request.Has(DocumentFlags.Revive) && request.Has(DocumentFlags.CreateAsDeleted))
            return Refuse("ReviveDocument can't be used with CreateAsDeleted", out fault);
        fault = null;
        return Status.Success;
    }

    private static Status Refuse(string why, out string? fault, Status status = Status.InvalidArguments)
    {
        fault = why;
        return status;
    }
}
