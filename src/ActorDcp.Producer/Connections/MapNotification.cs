using System.Buffers.Binary;
using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>Pushes a new cluster map to the connections that asked for it (dcp-reference.md 2.6).</summary>
internal static class MapNotification
{
    /// <summary>Pushes the bucket's map to the connections that selected it, then the map of nodes alone, under an empty key, to all (10.19).</summary>
    /// <param name="services">Of the node.</param>
    /// <param name="withNodes">Whether the map of nodes alone is new too.</param>
    public static void Push(ProducerServices services, bool withNodes)
    {
        var map = services.ClusterMap;
        var version = map.Version;
        Span<byte> extras = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(extras, version.Epoch);
        BinaryPrimitives.WriteInt64BigEndian(extras[8..], version.Revision);
        var name = Encoding.UTF8.GetBytes(services.Bucket.Name);
        foreach (var connection in services.Connections.All)
        {
            if (connection.Bucket is not null && Push(connection, extras, name, map.ForBucket))
                connection.MapGiven = version;
            if (withNodes)
                Push(connection, extras, default, map.Global);
        }
    }

    /// <summary>Says whether the map itself was pushed: brief wins over full when both were asked for.</summary>
    private static bool Push(ClientConnection connection, ReadOnlySpan<byte> extras, ReadOnlySpan<byte> key, Func<byte[]> map)
    {
        var isBrief = connection.Features.Has(HelloFeature.ClustermapChangeNotificationBrief);
        var isFull = !isBrief && connection.Features.Has(HelloFeature.ClustermapChangeNotification);
        if (isBrief || isFull)
            connection.Push(ServerOpcode.ClustermapChangeNotification, 0, extras, key, isFull ? map() : default);
        return isFull;
    }
}
