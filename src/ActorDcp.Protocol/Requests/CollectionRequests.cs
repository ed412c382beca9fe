using System.Buffers;
using System.Text;

namespace ActorDcp.Protocol.Requests;

/// <summary>Writes the lookups of scopes and collections (dcp-reference.md 2.10).</summary>
public static class CollectionRequests
{
    /// <summary>GET_COLLECTIONS_MANIFEST 0xba: empty.</summary>
    public static void WriteGetManifest(IBufferWriter<byte> output, uint opaque) =>
        FrameWriter.WriteRequest(output, Opcode.GetCollectionsManifest, default, opaque);

    /// <summary>GET_COLLECTION_ID 0xbb: value <c>scope.collection</c>; an empty name means <c>_default</c>.</summary>
    public static void WriteGetCollectionId(IBufferWriter<byte> output, uint opaque, string scope, string collection) =>
        FrameWriter.WriteRequest(
            output, Opcode.GetCollectionId, default, opaque, value: Encoding.UTF8.GetBytes($"{scope}.{collection}"));

    /// <summary>GET_SCOPE_ID 0xbc: value scope name.</summary>
    public static void WriteGetScopeId(IBufferWriter<byte> output, uint opaque, string scope) =>
        FrameWriter.WriteRequest(output, Opcode.GetScopeId, default, opaque, value: Encoding.UTF8.GetBytes(scope));
}
