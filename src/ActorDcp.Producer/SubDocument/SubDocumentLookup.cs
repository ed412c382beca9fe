using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>Reads paths of one version of a document.</summary>
internal static class SubDocumentLookup
{
    public static PathResult[] Run(SubDocumentRequest request, StoredItem item, ulong cas, in ChangeFacts facts)
    {
        var results = new PathResult[request.Operations.Count];
        for (var i = 0; i < results.Length; i++)
            results[i] = request.Operations[i].IsSystemXattr && !request.MayTouchSystemXattrs
                ? PathResult.Of(Status.NoAccess)
                : Run(request.Operations[i], item, cas, facts with { ShowsSystemXattrs = request.MayTouchSystemXattrs });
        return results;
    }

    private static PathResult Run(PathOperation operation, StoredItem item, ulong cas, in ChangeFacts facts)
    {
        if (operation.Opcode == Opcode.Get)
        {
            var whole = DocumentValue.BodyOf(item);
            return whole.IsEmpty ? PathResult.Of(Status.SubdocPathNotFound) : new PathResult(Status.Success, whole.ToArray());
        }
        if (operation.IsVirtual)
            return VirtualXattrs.Find(operation.XattrKey, item, cas, facts) is { } attribute
                ? Read(operation, attribute)
                : PathResult.Of(Status.SubdocXattrUnknownVattr);
        if (operation.IsXattr)
            return Read(operation, XattrDocument.Find(XattrSet.Read(DocumentValue.XattrsOf(item)), operation.XattrKey));
        return (item.Datatype & Datatype.Json) != 0
            ? Read(operation, DocumentValue.BodyOf(item))
            : PathResult.Of(Status.SubdocDocNotJson);
    }

    private static PathResult Read(PathOperation operation, ReadOnlySpan<byte> document)
    {
        var status = DocumentPath.TryParse(operation.Path, out var path);
        if (status != Status.Success)
            return PathResult.Of(status);
        if (operation.Opcode == Opcode.SubdocGetCount)
        {
            status = JsonEditor.Count(document, path, out var count);
            return new PathResult(status, count);
        }
        status = JsonEditor.Get(document, path, out var value);
        if (status != Status.Success || operation.Opcode == Opcode.SubdocExists)
            return PathResult.Of(status);
        if ((operation.Flags & PathFlags.Binary) == 0)
            return new PathResult(status, value.ToArray());
        return BinaryText.TryDecode(value) is { } bytes
            ? new PathResult(status, bytes)
            : PathResult.Of(Status.SubdocFieldNotBinaryValue);
    }
}
