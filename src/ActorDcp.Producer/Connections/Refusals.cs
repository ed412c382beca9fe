using System.Text.Encodings.Web;
using System.Text.Json;
using ActorDcp.Producer.Access;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>Answers that are not success, in the form the connection can read (dcp-reference.md 1.11).</summary>
internal static class Refusals
{
    // quotes and signs travel as they are, as Couchbase's do
    private static readonly JsonSerializerOptions Plainly = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const string UnknownCollectionContext = "Unknown scope or collection in operation";

    /// <summary>Refuses with an optional explanation. Without HELO Xerror newer codes are mapped, or the connection is closed.</summary>
    public static void Refuse(this ClientConnection connection, in FrameHeader request, Status status, string? context = null)
    {
        if (!connection.Features.Xerror && !TryMap(connection, ref status))
        {
            connection.CloseWhenSent($"status {status} cannot be sent without HELO Xerror");
            return;
        }
        if (context is null && status is not (Status.UnknownCollection or Status.UnknownScope))
        {
            connection.Respond(request, status);
            return;
        }
        var body = status is Status.UnknownCollection or Status.UnknownScope
            ? JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
            {
                ["error"] = new Dictionary<string, string> { ["context"] = UnknownCollectionContext },
                ["manifest_uid"] = connection.Services.Bucket.Collections.Current.Uid.ToString(),
            }, Plainly)
            : JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
            {
                ["error"] = new Dictionary<string, string> { ["context"] = context! },
            }, Plainly);
        connection.Respond(request, status, value: body, datatype: connection.AnswersJson ? Datatype.Json : Datatype.Raw);
    }

    /// <summary>Refuses for want of a privilege, in the words of the real node.</summary>
    public static void RefuseAccess(this ClientConnection connection, in FrameHeader request, ProducerPrivileges missing) =>
        connection.RefuseWithReference(request, Status.NoAccess,
            $"Authorization failure: can't execute {NameOf(request.Opcode)} operation without the {missing} privilege");

    /// <summary>Refuses with a reference, as the real node gives it where it logs more than it tells.</summary>
    public static void RefuseWithReference(this ClientConnection connection, in FrameHeader request, Status status, string? context = null)
    {
        if (!connection.Features.Xerror && !TryMap(connection, ref status))
        {
            connection.CloseWhenSent($"status {status} cannot be sent without HELO Xerror");
            return;
        }
        var error = new Dictionary<string, string>();
        if (context is not null)
            error["context"] = context;
        error["ref"] = Guid.NewGuid().ToString();
        connection.Respond(request, status, value: JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { ["error"] = error }),
            datatype: connection.AnswersJson ? Datatype.Json : Datatype.Raw);
    }

    private static string NameOf(Opcode opcode)
    {
        var name = new System.Text.StringBuilder();
        foreach (var letter in opcode.ToString())
        {
            if (char.IsUpper(letter) && name.Length > 0)
                name.Append('_');
            name.Append(char.ToUpperInvariant(letter));
        }
        return name.ToString();
    }

    /// <summary>Refuses with the cluster map, unless the connection has this one and asked not to get it twice (dcp-reference.md 2.6).</summary>
    public static void RefuseNotMyVBucket(this ClientConnection connection, in FrameHeader request)
    {
        var map = connection.Services.ClusterMap;
        var version = map.Version;
        if (connection.Features.Has(HelloFeature.DedupeNotMyVbucketClustermap) && connection.MapGiven == version)
        {
            connection.Respond(request, Status.NotMyVBucket);
            return;
        }
        connection.MapGiven = version;
        connection.RespondWithMap(request, Status.NotMyVBucket, map.ForBucket());
    }

    /// <summary>Answers with a cluster map, compressed for those who take that everywhere.</summary>
    public static void RespondWithMap(this ClientConnection connection, in FrameHeader request, Status status, byte[] map)
    {
        var datatype = connection.AnswersJson ? Datatype.Json : Datatype.Raw;
        if (connection.Features.Has(HelloFeature.SnappyEverywhere) && ValueCompression.TryCompress(map) is { } block)
            connection.Respond(request, status, value: block, datatype: datatype | Datatype.Snappy);
        else
            connection.Respond(request, status, value: map, datatype: datatype);
    }

    private static bool TryMap(ClientConnection connection, ref Status status)
    {
        switch (status)
        {
            case Status.UnknownCollection or Status.UnknownScope when !connection.Features.Collections:
                status = Status.InvalidArguments;
                return true;
            case Status.Locked:
                status = Status.KeyExists;
                return true;
            case Status.NoAccess or Status.NoBucket or Status.AuthStale or Status.DcpStreamIdInvalid or Status.UnknownCollection
                or Status.UnknownScope or Status.DurabilityInvalidLevel or Status.DurabilityImpossible or Status.NotInitialized:
                return false;
            default:
                return true;
        }
    }
}
