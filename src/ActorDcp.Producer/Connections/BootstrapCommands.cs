using System.Buffers.Binary;
using System.Text;
using ActorDcp.Producer.Access;
using ActorDcp.Producer.Replication;
using ActorDcp.Producer.Topology;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>HELO, SASL, bucket selection, cluster map, error map (dcp-reference.md 2).</summary>
internal static class BootstrapCommands
{
    private const string StepFirst = "Logic error: The server expects the client to start with SASL START before sending SASL STEP";
    private const string NoBucketName = "@no bucket@";
    private static readonly byte[] Mechanisms = "SCRAM-SHA512 SCRAM-SHA256 SCRAM-SHA1 PLAIN"u8.ToArray();

    public static void Helo(ClientConnection connection, in Frame frame)
    {
        var header = frame.Header;
        if (header.ExtrasLength != 0 || header.ValueLength % 2 != 0 || header.Cas != 0 || header.Datatype != Datatype.Raw)
        {
            connection.Refuse(header, Status.InvalidArguments, header.ValueLength % 2 != 0 ? "Request value must be of even length" : null);
            return;
        }
        connection.Features = ConnectionFeatures.None;
        if (ConnectionFeatures.Grant(frame.Value, out var features) is { } contradiction)
        {
            connection.Refuse(header, Status.InvalidArguments, contradiction);
            return;
        }
        connection.Features = features;
        // what a test does to requests is meant for clients
        connection.IsOfNode = frame.Key.StartsWith(ReplicationHandshake.NamePrefixBytes);
        connection.Respond(header, value: features.ToAnswer());
    }

    public static void ListMechanisms(ClientConnection connection, in FrameHeader header)
    {
        if (MayAuthenticate(connection, header))
            connection.Respond(header, value: Mechanisms);
    }

    public static void Authenticate(ClientConnection connection, in Frame frame)
    {
        var header = frame.Header;
        if (!MayAuthenticate(connection, header))
            return;
        connection.Sasl = null;
        var name = Encoding.ASCII.GetString(frame.Key).ToUpperInvariant();
        if (name == "PLAIN")
        {
            AuthenticatePlain(connection, header, frame.Value);
            return;
        }
        if (ScramMechanism.Find(name) is not { } mechanism)
        {
            Fail(connection, header, name, Status.AuthError, $"Requested mechanism \"{name}\" is not supported", isLogged: false);
            return;
        }
        connection.Sasl = SaslExchange.Begin(connection.Services.Accounts, mechanism, frame.Value);
        if (connection.Sasl is null)
            connection.Refuse(header, Status.InvalidArguments);
        else
            connection.Respond(header, Status.AuthContinue, value: Encoding.ASCII.GetBytes(connection.Sasl.Challenge));
    }

    public static void Step(ClientConnection connection, in Frame frame)
    {
        var header = frame.Header;
        if (!MayAuthenticate(connection, header))
            return;
        var exchange = connection.Sasl;
        connection.Sasl = null;
        if (exchange is null || !Encoding.ASCII.GetString(frame.Key).Equals(exchange.Mechanism, StringComparison.OrdinalIgnoreCase))
        {
            connection.Refuse(header, Status.InvalidArguments, StepFirst);
            return;
        }
        var status = exchange.Finish(connection.Services.Accounts, frame.Value, out var answer);
        if (status != Status.Success)
        {
            Fail(connection, header, exchange.Mechanism, status, answer);
            return;
        }
        Accept(connection, exchange.User);
        connection.Respond(header, value: Encoding.ASCII.GetBytes(answer));
    }

    public static void SelectBucket(ClientConnection connection, in Frame frame)
    {
        var header = frame.Header;
        if (connection.Dcp is not null)
        {
            connection.Refuse(header, Status.NotSupported, "DCP connections cannot change bucket");
            return;
        }
        if (header.ExtrasLength != 0 || header.ValueLength != 0)
        {
            connection.Refuse(header, Status.InvalidArguments);
            return;
        }
        var name = Encoding.UTF8.GetString(frame.Key);
        var bucket = connection.Services.Bucket;
        if (name == bucket.Name && connection.Rights.Privileges == ProducerPrivileges.None)
        {
            connection.RefuseAccess(header, ProducerPrivileges.SimpleStats);
            return;
        }
        if (name == bucket.Name)
            connection.Bucket = bucket;
        else if (name == NoBucketName)
            connection.Bucket = null;
        else
        {
            connection.Refuse(header, Status.KeyNotFound);
            return;
        }
        connection.Respond(header);
    }

    public static void GetClusterConfig(ClientConnection connection, in Frame frame)
    {
        var header = frame.Header;
        var map = connection.Services.ClusterMap;
        if (header.KeyLength != 0 || header.ValueLength != 0 || header.ExtrasLength is not (0 or 16))
        {
            connection.Refuse(header, Status.InvalidArguments);
            return;
        }
        if (header.ExtrasLength == 16)
        {
            var held = new ClusterMapVersion(
                BinaryPrimitives.ReadInt64BigEndian(frame.Extras), BinaryPrimitives.ReadInt64BigEndian(frame.Extras[8..]));
            if (held.Epoch is 0 or < -1 || held.Revision < 1)
            {
                connection.Refuse(header, Status.InvalidArguments, "Revision number must not be less than 1");
                return;
            }
            if (map.Version.CompareTo(held) <= 0)
            {
                connection.Respond(header);
                return;
            }
        }
        if (connection.Bucket is null)
        {
            connection.RespondWithMap(header, Status.Success, map.Global());
            return;
        }
        connection.MapGiven = map.Version;
        connection.RespondWithMap(header, Status.Success, map.ForBucket());
    }

    public static void GetErrorMap(ClientConnection connection, in Frame frame)
    {
        var header = frame.Header;
        if (header.KeyLength != 0 || header.ExtrasLength != 0 || header.ValueLength != 2)
            connection.Refuse(header, Status.InvalidArguments);
        else if (BinaryPrimitives.ReadUInt16BigEndian(frame.Value) is var version && version == 0)
            connection.Refuse(header, Status.KeyNotFound);
        else
            connection.Respond(header, value: ErrorMap.OfVersion(version), datatype: connection.AnswersJson ? Datatype.Json : Datatype.Raw);
    }

    private static bool MayAuthenticate(ClientConnection connection, in FrameHeader header)
    {
        if (connection.Dcp is null && !connection.IsCertificateUser)
            return true;
        connection.Refuse(header, Status.NotSupported);
        return false;
    }

    private static void AuthenticatePlain(ClientConnection connection, in FrameHeader header, ReadOnlySpan<byte> value)
    {
        var first = value.IndexOf((byte)0);
        var second = first < 0 ? -1 : value[(first + 1)..].IndexOf((byte)0);
        if (second < 0)
        {
            connection.Refuse(header, Status.InvalidArguments);
            return;
        }
        var user = Encoding.UTF8.GetString(value.Slice(first + 1, second));
        var password = value[(first + second + 2)..];
        if (!password.IsEmpty && password[^1] == 0)
            password = password[..^1];
        if (!connection.Services.Accounts.Verify(user, password))
        {
            Fail(connection, header, "PLAIN", Status.AuthError);
            return;
        }
        Accept(connection, user);
        connection.Respond(header);
    }

    private static void Accept(ClientConnection connection, string user)
    {
        connection.User = user;
        connection.Bucket = null;
    }

    private static void Fail(
        ClientConnection connection, in FrameHeader header, string mechanism, Status status, string context = "", bool isLogged = true)
    {
        connection.User = null;
        connection.Bucket = null;
        connection.Services.Log.AuthenticationRefused(connection.Remote, mechanism);
        var said = context.Length > 0 ? context : null;
        if (status == Status.AuthError && isLogged)
            connection.RefuseWithReference(header, status, said);
        else
            connection.Refuse(header, status, said);
    }
}
