using System.Text;
using System.Text.Json.Nodes;
using ActorDcp.Producer.SubDocument;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Documents;

public sealed class JsonEditorTests
{
    private static readonly string[] Keys = ["a", "b", "c", "d.e", "f[0]", "g\"h", "ü"];

    private static readonly Opcode[] Operations =
    [
        Opcode.SubdocDictAdd, Opcode.SubdocDictUpsert, Opcode.SubdocReplace, Opcode.SubdocDelete, Opcode.SubdocArrayPushLast,
        Opcode.SubdocArrayPushFirst, Opcode.SubdocArrayInsert, Opcode.SubdocCounter,
    ];

    /// <summary>The same changes made on a tree of nodes must give the same document, and what they refuse must leave it alone.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_changes_of_the_text_agree_with_changes_of_a_tree(int seed)
    {
        var random = new Random(seed);
        JsonNode tree = new JsonObject();
        var text = "{}"u8.ToArray();
        var succeeded = 0;
        for (var step = 0; step < 3_000; step++)
        {
            var operation = Operations[random.Next(Operations.Length)];
            var path = RandomPath(random, tree);
            var value = operation == Opcode.SubdocDelete ? "" : operation == Opcode.SubdocCounter ? "3" : RandomValue(random);
            var changed = tree.DeepClone();
            var expected = Change(operation, ref changed, path, value);
            Assert.Equal(Status.Success, DocumentPath.TryParse(Encoding.UTF8.GetBytes(Write(path)), out var parsed));
            var status = JsonEditor.Edit(operation, ref text, parsed, Encoding.UTF8.GetBytes(value), makesParents: false, out _);
            Assert.True(expected == (status == Status.Success), $"seed {seed} step {step}: {operation} {Write(path)} {value} gave {status} in {tree.ToJsonString()}");
            if (expected)
                (tree, succeeded) = (changed, succeeded + 1);
            Assert.True(JsonNode.DeepEquals(tree, JsonNode.Parse(text)), $"seed {seed} step {step}: {operation} {Write(path)} made {Encoding.UTF8.GetString(text)}");
        }
        Assert.InRange(succeeded, 300, 3_000);
    }

    private static List<object> RandomPath(Random random, JsonNode tree)
    {
        var path = new List<object>();
        var node = tree;
        while (true)
        {
            if (node is JsonArray array)
                path.Add(random.Next(5) == 0 && array.Count > 0 ? -1 : random.Next(array.Count + 2));
            else
                path.Add(Keys[random.Next(Keys.Length)]);
            node = path[^1] switch
            {
                int index when node is JsonArray list => index == -1 ? list[^1] : index < list.Count ? list[index] : null,
                string key when node is JsonObject members => members[key],
                _ => null,
            };
            if (node is not (JsonArray or JsonObject) || random.Next(3) == 0)
                return path;
        }
    }

    private static string RandomValue(Random random) => random.Next(6) switch
    {
        0 => "{}",
        1 => "[]",
        2 => "[1, {\"a\":[]}]",
        3 => " \"te,x]t}\" ",
        4 => "{ \"a\" : 1 }",
        _ => random.Next(100).ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    private static string Write(List<object> path)
    {
        var text = new StringBuilder();
        foreach (var part in path)
        {
            if (part is int index)
                text.Append('[').Append(index).Append(']');
            else
                text.Append(text.Length > 0 ? "." : "").Append('`').Append(((string)part).Replace("\"", "\\\"")).Append('`');
        }
        return text.ToString();
    }

    private static bool Change(Opcode operation, ref JsonNode root, List<object> path, string value)
    {
        var parent = (JsonNode?)root;
        foreach (var part in path[..^1])
            parent = part is int place ? Element((JsonArray)parent!, place) : ((JsonObject)parent!)[(string)part];
        return path[^1] is int index
            ? ChangeArray(operation, (JsonArray)parent!, index, value)
            : ChangeObject(operation, (JsonObject)parent!, (string)path[^1], value);
    }

    private static JsonNode? Element(JsonArray array, int index) => array[index == -1 ? array.Count - 1 : index];

    private static bool ChangeArray(Opcode operation, JsonArray array, int index, string value)
    {
        var at = index == -1 ? array.Count - 1 : index;
        switch (operation)
        {
            case Opcode.SubdocReplace when at < array.Count:
                array[at] = JsonNode.Parse(value);
                return true;
            case Opcode.SubdocDelete when at < array.Count:
                array.RemoveAt(at);
                return true;
            case Opcode.SubdocArrayInsert when index >= 0 && index <= array.Count:
                array.Insert(index, JsonNode.Parse(value));
                return true;
            case Opcode.SubdocArrayPushLast or Opcode.SubdocArrayPushFirst when at < array.Count:
                return Push(operation, array[at], value);
            case Opcode.SubdocCounter when at < array.Count && Sum(array[at]) is { } sum:
                array[at] = sum;
                return true;
            default:
                return false;
        }
    }

    private static bool ChangeObject(Opcode operation, JsonObject members, string key, string value)
    {
        switch (operation)
        {
            case Opcode.SubdocDictAdd when !members.ContainsKey(key):
            case Opcode.SubdocDictUpsert:
            case Opcode.SubdocReplace when members.ContainsKey(key):
                members[key] = JsonNode.Parse(value);
                return true;
            case Opcode.SubdocDelete:
                return members.Remove(key);
            case Opcode.SubdocArrayPushLast or Opcode.SubdocArrayPushFirst:
                return Push(operation, members[key], value);
            case Opcode.SubdocCounter when !members.ContainsKey(key):
                members[key] = 3;
                return true;
            case Opcode.SubdocCounter when Sum(members[key]) is { } sum:
                members[key] = sum;
                return true;
            default:
                return false;
        }
    }

    private static bool Push(Opcode operation, JsonNode? target, string value)
    {
        if (target is not JsonArray array)
            return false;
        array.Insert(operation == Opcode.SubdocArrayPushFirst ? 0 : array.Count, JsonNode.Parse(value));
        return true;
    }

    private static int? Sum(JsonNode? node) => node is JsonValue number && number.TryGetValue(out int old) ? old + 3 : null;
}
