using System.Buffers.Binary;
using ActorDcp.Producer.Access;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.SubDocument;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>Answers sub-document requests (dcp-reference.md 3.21).</summary>
internal static class SubDocumentCommands
{
    /// <summary>Every sub-document request; what is in its value is checked by itself.</summary>
    public static RequestCheck Check { get; } = new(0, HasValue: null, 1, 3, 4, 5, 7, 8);

    /// <summary>Reads and checks a request; answers when there is something wrong with it.</summary>
    public static SubDocumentRequest? TryRead(ClientConnection connection, in Frame frame)
    {
        var status = SubDocumentReader.TryRead(frame, connection.Features.Xattr, out var request, out var fault);
        var needed = request is { IsMutation: true } ? ProducerPrivileges.SystemXattrWrite : ProducerPrivileges.SystemXattrRead;
        if (status == Status.Success)
            return request with { MayTouchSystemXattrs = connection.Rights.Has(needed) };
        connection.Refuse(frame.Header, status, fault);
        return null;
    }

    public static void Run(ClientConnection connection, VBucket vbucket, in FrameHeader header, ReadOnlySpan<byte> key, SubDocumentRequest request)
    {
        if (!request.IsMutation)
        {
            var found = vbucket.Lookup(key, request, out var results);
            RespondLookup(connection, header, request, found, results);
            return;
        }
        var outcome = vbucket.Modify(key, request, out var answer);
        if (outcome.Item is null && outcome.Status is Status.SubdocMultiPathFailure or Status.SubdocMultiPathFailureDeleted)
            connection.Respond(header, outcome.Status, value: answer);
        else
            DocumentCommands.RespondMutation(connection, header, outcome, answer, request.IsMulti || answer.Length == 0 ? Datatype.Raw : Datatype.Json);
    }

    private static void RespondLookup(
        ClientConnection connection, in FrameHeader header, SubDocumentRequest request, in DocumentOutcome outcome, PathResult[] results)
    {
        if (outcome.Item is not { } item)
        {
            connection.Refuse(header, outcome.Status);
            return;
        }
        var succeeded = item.IsDeleted ? Status.SubdocSuccessDeleted : Status.Success;
        if (!request.IsMulti)
        {
            var only = results[0];
            if (only.Status != Status.Success)
                connection.Refuse(header, only.Status);
            else
                connection.Respond(header, succeeded, value: only.Value, cas: outcome.Cas,
                    datatype: only.Value.Length > 0 && connection.AnswersJson ? Datatype.Json : Datatype.Raw);
            return;
        }
        if (Array.Exists(results, result => result.Status != Status.Success))
            succeeded = item.IsDeleted ? Status.SubdocMultiPathFailureDeleted : Status.SubdocMultiPathFailure;
        connection.Respond(header, succeeded, value: Join(results), cas: outcome.Cas);
    }

    /// <summary>Per path: u16 status, u32 length, value.</summary>
    private static byte[] Join(PathResult[] results)
    {
        var value = new byte[results.Sum(result => 6 + result.Value.Length)];
        var rest = value.AsSpan();
        foreach (var result in results)
        {
            BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)result.Status);
            BinaryPrimitives.WriteUInt32BigEndian(rest[2..], (uint)result.Value.Length);
            result.Value.CopyTo(rest[6..]);
            rest = rest[(6 + result.Value.Length)..];
        }
        return value;
    }
}
