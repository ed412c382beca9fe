using System.Buffers.Binary;
using ActorDcp.Producer.Access;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>Answers that carry a document (dcp-reference.md 3.21).</summary>
internal static class DocumentAnswers
{
    /// <summary>Answers with flags and body, compressed if it is kept so and the client can read that.</summary>
    public static void RespondDocument(
        this ClientConnection connection, in FrameHeader header, in DocumentOutcome outcome, ReadOnlySpan<byte> key = default)
    {
        if (outcome.Item is not { } item)
        {
            if (header.Opcode is not (Opcode.GetQ or Opcode.GetKQ or Opcode.GatQ))
                connection.Refuse(header, outcome.Status);
            return;
        }
        Span<byte> extras = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(extras, item.Flags);
        var datatype = connection.AnswersJson ? item.Datatype & Datatype.Json : Datatype.Raw;
        if ((item.Datatype & Datatype.Snappy) != 0 && connection.Features.Snappy)
            connection.Respond(header, extras: extras, key: key, value: item.Value, datatype: datatype | Datatype.Snappy, cas: outcome.Cas);
        else
            connection.Respond(header, extras: extras, key: key, value: DocumentValue.BodyOf(item), datatype: datatype, cas: outcome.Cas);
    }

    /// <summary>Answers with flags and the whole value, extended attributes in front, as far as the user may read them (GET_EX).</summary>
    public static void RespondWithXattrs(this ClientConnection connection, in FrameHeader header, in DocumentOutcome outcome)
    {
        if (outcome.Item is not { } item)
        {
            connection.Refuse(header, outcome.Status);
            return;
        }
        Span<byte> extras = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(extras, item.Flags);
        if (!DocumentValue.HasXattrs(item) || connection.Rights.Has(ProducerPrivileges.SystemXattrRead))
        {
            connection.Respond(header, extras: extras, value: item.Value, datatype: item.Datatype, cas: outcome.Cas);
            return;
        }
        var attributes = XattrSet.Read(DocumentValue.XattrsOf(item));
        attributes.RemoveSystemAttributes();
        connection.Respond(header, extras: extras, value: [.. attributes.ToSection(), .. DocumentValue.BodyOf(item)],
            datatype: attributes.Count > 0 ? item.Datatype : item.Datatype & ~Datatype.Xattr, cas: outcome.Cas);
    }
}
