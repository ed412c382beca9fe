using System.Buffers.Binary;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>
/// Changes paths of one version of a document, all or none. Attributes come first, then the body; macros that tell of the body are
/// filled in last.
/// </summary>
internal sealed class SubDocumentMutation
{
    private const int MaxSystemXattrBytes = 1024 * 1024;
    private readonly SubDocumentRequest _request;
    private readonly StoredItem? _old;
    private readonly ulong _oldCas;
    private readonly ChangeFacts _facts;
    private readonly XattrSet _xattrs;
    private readonly List<(PathOperation Operation, byte[] Placeholder)> _checksums = [];
    private byte[] _body;
    private bool _isJson;
    private readonly bool _isDeleted;
    private bool _deletes;

    /// <param name="request">What to do.</param>
    /// <param name="old">To what; null to make the document.</param>
    /// <param name="oldCas">Its cas.</param>
    /// <param name="facts">Of the vbucket and the change.</param>
    public SubDocumentMutation(SubDocumentRequest request, StoredItem? old, ulong oldCas, in ChangeFacts facts)
    {
        _request = request;
        _old = old;
        _oldCas = oldCas;
        _facts = facts;
        _isDeleted = old is null ? request.Has(DocumentFlags.CreateAsDeleted) : old.IsDeleted && !request.Has(DocumentFlags.Revive);
        _xattrs = XattrSet.Read(old is null ? default : DocumentValue.XattrsOf(old));
        _body = old is not null ? DocumentValue.BodyOf(old).ToArray() : [];
        _isJson = old is not null && (old.Datatype & Datatype.Json) != 0;
        if (_body.Length == 0 && !_isDeleted && (old is null || old.IsDeleted))
        {
            _body = request.RootIsArray ? "[]"u8.ToArray() : "{}"u8.ToArray();
            _isJson = true;
        }
    }

    /// <summary>Whether the document is a tombstone afterwards, which the answer tells.</summary>
    public bool LeavesTombstone => _isDeleted;

    /// <summary>Index, status and value of the paths that answer one, or of the one that failed.</summary>
    public byte[] Answer { get; private set; } = [];

    /// <summary>Does it. On success <see cref="Change"/> may be called.</summary>
    public Status Run()
    {
        var answer = new List<byte>();
        for (var i = 0; i < _request.Operations.Count; i++)
        {
            var operation = _request.Operations[i];
            var status = Run(operation, out var result);
            if (status != Status.Success)
                return Fail((byte)i, status);
            if (result is null)
                continue;
            if (!_request.IsMulti)
                Answer = result;
            answer.AddRange(Entry((byte)i, status, result));
        }
        FillInChecksums();
        if (_isDeleted && _body.Length > 0)
            return Status.SubdocDeletedDocCantHaveValue;
        if (_xattrs.SystemBytes > MaxSystemXattrBytes || _body.Length > DocumentLimits.MaxValueLength)
            return Status.TooBig;
        if (_request.IsMulti)
            Answer = [.. answer];
        return Status.Success;
    }

    public DocumentChange Change()
    {
        if (_deletes)
            _xattrs.RemoveUserAttributes();
        var section = _xattrs.ToSection();
        var datatype = (section.Length > 0 ? Datatype.Xattr : 0) | (_isJson && _body.Length > 0 ? Datatype.Json : 0);
        var isNew = _old is null || _old.IsDeleted;
        var expiryField = _request.PreserveExpiry && !isNew ? null : _request.Expiry ?? (isNew ? 0u : null);
        var isTombstone = _isDeleted || _deletes;
        return new DocumentChange(
            [.. section, .. _body], datatype, isTombstone || _old is null ? 0 : _old.Flags, isTombstone ? null : expiryField,
            isTombstone ? _facts.Now : _old?.Expiry ?? 0, isTombstone ? ItemKind.Deletion : ItemKind.Mutation);
    }

    private static byte[] Entry(byte index, Status status, byte[] result)
    {
        var entry = new byte[7 + result.Length];
        entry[0] = index;
        BinaryPrimitives.WriteUInt16BigEndian(entry.AsSpan(1), (ushort)status);
        BinaryPrimitives.WriteUInt32BigEndian(entry.AsSpan(3), (uint)result.Length);
        result.CopyTo(entry, 7);
        return entry;
    }

    private Status Fail(byte index, Status status)
    {
        if (!_request.IsMulti)
            return status;
        Answer = [index, (byte)((ushort)status >> 8), (byte)status];
        return _old is { IsDeleted: true } ? Status.SubdocMultiPathFailureDeleted : Status.SubdocMultiPathFailure;
    }

    private Status Run(PathOperation operation, out byte[]? result)
    {
        result = null;
        if (operation.IsSystemXattr && !_request.MayTouchSystemXattrs)
            return Status.NoAccess;
        switch (operation.Opcode)
        {
            case Opcode.Set or Opcode.Add:
                SetBody(operation.Value);
                return Status.Success;
            case Opcode.Delete:
                _deletes = true;
                SetBody([]);
                return Status.Success;
            case Opcode.SubdocReplaceBodyWithXattr:
                return ReplaceBody(operation);
            default:
                break;
        }
        if (operation.IsXattr)
            return ChangeXattr(operation, out result);
        if (!_isJson)
            return Status.SubdocDocNotJson;
        var status = DocumentPath.TryParse(operation.Path, out var path);
        return status != Status.Success
            ? status
            : JsonEditor.Edit(operation.Opcode, ref _body, path, ValueOf(operation), operation.MakesParents, out result);
    }

    private Status ChangeXattr(PathOperation operation, out byte[]? result)
    {
        result = null;
        var status = DocumentPath.TryParse(operation.Path, out var path);
        if (status != Status.Success)
            return status;
        var value = ValueOf(operation);
        if ((operation.Flags & PathFlags.ExpandMacros) != 0)
        {
            status = Macros.Expand(operation.Value, _facts, _body, DocumentBefore, out value);
            if (status != Status.Success)
                return status;
            if (Macros.IsChecksum(operation.Value))
                _checksums.Add((operation, value));
        }
        var document = XattrDocument.Find(_xattrs, operation.XattrKey);
        status = JsonEditor.Edit(operation.Opcode, ref document, path, value, operation.MakesParents, out result);
        if (status == Status.Success)
            XattrDocument.Store(_xattrs, operation.XattrKey, document);
        return status;
    }

    private byte[] DocumentBefore() => _old is null ? "{\"$document\":{}}"u8.ToArray() : VirtualXattrs.Document(_old, _oldCas, _facts);

    private static byte[] ValueOf(PathOperation operation) =>
        (operation.Flags & PathFlags.Binary) != 0 ? BinaryText.Encode(operation.Value) : operation.Value;

    private Status ReplaceBody(PathOperation operation)
    {
        var status = DocumentPath.TryParse(operation.Path, out var path);
        if (status != Status.Success)
            return status;
        status = JsonEditor.Get(XattrDocument.Find(_xattrs, operation.XattrKey), path, out var json);
        if (status != Status.Success)
            return status;
        if ((operation.Flags & PathFlags.Binary) == 0)
        {
            SetBody(json.ToArray());
            return Status.Success;
        }
        if (BinaryText.TryDecode(json) is not { } bytes)
            return Status.SubdocFieldNotBinaryValue;
        SetBody(bytes);
        return Status.Success;
    }

    private void SetBody(byte[] body)
    {
        _body = body;
        _isJson = JsonDetection.DatatypeOf(body) == Datatype.Json;
    }

    /// <summary>The body is now as it stays: what told of it before is put right. The new text is as long as the old.</summary>
    private void FillInChecksums()
    {
        foreach (var (operation, placeholder) in _checksums)
        {
            var document = XattrDocument.Find(_xattrs, operation.XattrKey);
            var at = document.AsSpan().IndexOf(placeholder);
            if (at < 0)
                continue;
            var text = System.Text.Encoding.ASCII.GetBytes($"\"{VirtualXattrs.Checksum(_body)}\"");
            text.CopyTo(document, at);
            XattrDocument.Store(_xattrs, operation.XattrKey, document);
        }
    }
}
