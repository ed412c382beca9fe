using System.Buffers.Binary;
using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>Pushes a new cluster map to the connections that asked for it (dcp-reference.md 2.6).</summary>
internal static class MapNotification
{
    public static void Push(ProducerServices services)
    {
        var map = services.ClusterMap;
        var version = map.Version;
        Span<byte> extras = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(extras, version.Epoch);
        BinaryPrimitives.WriteInt64BigEndian(extras[8..], version.Revision);
        var name = Encoding.UTF8.GetBytes(services.Bucket.Name);
        foreach (var connection in services.Connections.All)
        {
            if (connection.Bucket is null)
                continue;
            // brief wins over full when both were asked for
            if (connection.Features.Has(HelloFeature.ClustermapChangeNotificationBrief))
                connection.Push(ServerOpcode.ClustermapChangeNotification, 0, extras, name, default);
            else if (connection.Features.Has(HelloFeature.ClustermapChangeNotification))
            {
                connection.MapGiven = version;
                connection.Push(ServerOpcode.ClustermapChangeNotification, 0, extras, name, map.ForBucket());
            }
        }
    }
}
