using System.Buffers.Binary;
using System.Text;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Collections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>The manifest, and ids of scopes and collections by name (dcp-reference.md 2.10).</summary>
internal static class CollectionCommands
{
    public static bool TryHandle(ClientConnection connection, Bucket bucket, in Frame frame)
    {
        var manifest = bucket.Collections.Current.SeenBy(connection.Rights.Collections);
        switch (frame.Header.Opcode)
        {
            case Opcode.GetCollectionsManifest:
                connection.Respond(frame.Header, value: manifest.ToJson(), datatype: connection.AnswersJson ? Datatype.Json : Datatype.Raw);
                return true;
            case Opcode.GetCollectionId:
                GetCollectionId(connection, manifest, frame);
                return true;
            case Opcode.GetScopeId:
                GetScopeId(connection, manifest, frame);
                return true;
            default:
                return false;
        }
    }

    private static void GetCollectionId(ClientConnection connection, BucketManifest manifest, in Frame frame)
    {
        var header = frame.Header;
        var path = PathOf(frame).Split('.');
        if (path.Length != 2 || !path.All(CollectionNames.IsSearchable))
            connection.Refuse(header, Status.InvalidArguments);
        else if (manifest.FindScope(path[0]) is null)
            connection.Refuse(header, Status.UnknownScope);
        else if (manifest.Find(path[0], path[1]) is not { } collection)
            connection.Refuse(header, Status.UnknownCollection);
        else
            Respond(connection, header, manifest.Uid, collection.Id);
    }

    private static void GetScopeId(ClientConnection connection, BucketManifest manifest, in Frame frame)
    {
        var name = PathOf(frame).Split('.')[0];
        if (!CollectionNames.IsSearchable(name))
            connection.Refuse(frame.Header, Status.InvalidArguments);
        else if (manifest.FindScope(name) is not { } scope)
            connection.Refuse(frame.Header, Status.UnknownScope);
        else
            Respond(connection, frame.Header, manifest.Uid, scope.Id);
    }

    /// <summary>Names travel in the value, or in the key (10.20).</summary>
    private static string PathOf(in Frame frame) => Encoding.UTF8.GetString(frame.Header.KeyLength > 0 ? frame.Key : frame.Value);

    /// <summary>Extras: @0 u64 manifest uid; @8 u32 id.</summary>
    private static void Respond(ClientConnection connection, in FrameHeader header, ManifestUid uid, uint id)
    {
        Span<byte> extras = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64BigEndian(extras, uid.Value);
        BinaryPrimitives.WriteUInt32BigEndian(extras[8..], id);
        connection.Respond(header, extras: extras);
    }
}
